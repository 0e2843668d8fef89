#include "graph/dispatch.h"

#include "graph/operator_index.h"

void dispatch_attention(struct dispatch *dispatch, const union operator_value *values,
                        const struct gpu_properties *device) {
    const uint64_t width = device->type == GPU_TYPE_CPU ? 8 : 64;
    const uint64_t rows = DISPATCH_SIZE(attention, batch) * DISPATCH_SIZE(attention, heads);
    const uint64_t queries = DISPATCH_SIZE(attention, queries);
    dispatch->constants[1] = (uint32_t)width;
    dispatch->constants[2] = (uint32_t)DISPATCH_SIZE(attention, head_width);
    dispatch->constant_count = 3;
    dispatch_fold(dispatch, rows * ((queries + width - 1) / width), device);
    dispatch->work = 4.0 * (double)rows * (double)queries * (double)DISPATCH_SIZE(attention, keys) *
                     (double)DISPATCH_SIZE(attention, head_width);
}
