#include "graph/columns.h"
#include "graph/operator_index.h"

/* `period` rows, taken as one, are the columns. */
void dispatch_sum_rows(struct dispatch *dispatch, const union operator_value *values,
                       const struct gpu_properties *device) {
    const uint64_t rows = DISPATCH_SIZE(sum_rows, rows), period = DISPATCH_SIZE(sum_rows, period);
    const uint64_t height = period ? (rows + period - 1) / period : 0;
    dispatch_columns(dispatch, height, period * DISPATCH_SIZE(sum_rows, width), device);
    dispatch->constants[dispatch->constant_count++] = (uint32_t)DISPATCH_SIZE(sum_rows, rounding);
}
