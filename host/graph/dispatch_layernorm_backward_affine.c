#include "graph/columns.h"
#include "graph/operator_index.h"

void dispatch_layernorm_backward_affine(struct dispatch *dispatch, const union operator_value *values,
                                        const struct gpu_properties *device) {
    dispatch_columns(dispatch, DISPATCH_SIZE(layernorm_backward_affine, rows),
                     DISPATCH_SIZE(layernorm_backward_affine, width), device);
    dispatch->constants[dispatch->constant_count++] =
        (uint32_t)DISPATCH_SIZE(layernorm_backward_affine, rounding);
}
