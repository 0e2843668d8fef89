#include "graph/dispatch.h"

#include "graph/operator_index.h"

void dispatch_matmul(struct dispatch *dispatch, const union operator_value *values,
                     const struct gpu_properties *device) {
    const uint64_t batch = DISPATCH_SIZE(matmul, batch), m = DISPATCH_SIZE(matmul, m);
    const uint64_t n = DISPATCH_SIZE(matmul, n), k = DISPATCH_SIZE(matmul, k);
    const uint64_t width = 8, rows = 16, columns = 4;
    dispatch->constants[1] = (uint32_t)width;
    dispatch->constants[2] = (uint32_t)rows;
    dispatch->constants[3] = (uint32_t)columns;
    dispatch->constant_count = 4;
    const uint64_t tiles = (m + rows - 1) / rows * ((n + width * columns - 1) / (width * columns));
    dispatch_fold(dispatch, batch * tiles, device);
    dispatch->work = 2.0 * (double)batch * (double)m * (double)n * (double)k;
}
