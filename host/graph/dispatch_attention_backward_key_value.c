#include "graph/dispatch.h"

#include "graph/operator_index.h"

#define SIZE_OF(name) DISPATCH_SIZE(attention_backward_key_value, name)

void dispatch_attention_backward_key_value(struct dispatch *dispatch, const union operator_value *values,
                                           const struct gpu_properties *device) {
    const uint64_t width = device->type == GPU_TYPE_CPU ? 8 : 64;
    const uint64_t rows = SIZE_OF(batch) * SIZE_OF(heads);
    dispatch->constants[1] = (uint32_t)width;
    dispatch->constants[2] = (uint32_t)SIZE_OF(head_width);
    dispatch->constant_count = 3;
    dispatch_fold(dispatch, rows * ((SIZE_OF(keys) + width - 1) / width), device);
    dispatch->work =
        8.0 * (double)rows * (double)SIZE_OF(queries) * (double)SIZE_OF(keys) * (double)SIZE_OF(head_width);
}
