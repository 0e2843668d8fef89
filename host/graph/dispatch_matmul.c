#include "graph/dispatch.h"

#include "graph/operator_index.h"

#include <stdio.h>

void dispatch_matmul(struct dispatch *dispatch, const union operator_value *values,
                     const struct gpu_properties *device) {
    const struct product product = product_of(values, dispatch->constants[0]);
    if (dispatch->tiling == NULL)
        dispatch->tiling = tiling_standard(&product, device);
    const struct tiling *const tiling = dispatch->tiling;
    const struct gpu_matrix *const matrix = &device->matrix[product.precision];
    const uint32_t constants[] = {
        dispatch->constants[0],
        tiling_width(tiling, device),
        tiling->rows,
        tiling->columns,
        tiling->lane_rows,
        product.transpose_a,
        product.transpose_b,
        (product.transpose_a ? product.m : product.k) % 4 == 0,
        (product.transpose_b ? product.k : product.n) % 4 == 0,
        product.n % 4 == 0,
        tiling->depth,
        (uint32_t)product.precision,
        (uint32_t)DISPATCH_SIZE(matmul, gelu),
        matrix->m,
        matrix->n,
        matrix->k,
        device->subgroup_size,
    };
    enum { OF_MATRICES = 4 }; /* the last ones, which other variants do not have */
    const bool matrices = tiling->variant == SHADER_MATRICES;
    dispatch->constant_count = sizeof constants / sizeof constants[0] - (matrices ? 0 : OF_MATRICES);
    dispatch->subgroup_size = matrices ? device->subgroup_size : 0;
    for (uint32_t i = 0; i < dispatch->constant_count; i++)
        dispatch->constants[i] = constants[i];
    dispatch->variant = tiling_shader(tiling, product.precision, device);
    snprintf(dispatch->form, sizeof dispatch->form, "tiles of %u x %u%s, %s",
             tiling_rows(tiling, product.precision, device),
             tiling_columns(tiling, product.precision, device),
             tiling->depth > 0 ? " through shared memory" : "", precision_name(product.precision));
    dispatch_fold(dispatch, tiling_count(tiling, &product, device), device);
    dispatch->work = 2.0 * (double)product.batch * (double)product.m * (double)product.n * (double)product.k;
}
