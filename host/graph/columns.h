/* columns.h: how the columns of a matrix are summed on a device; used by the dispatch functions of sum_rows
 * and layernorm_backward_affine. Private to graph/; shaders/include/columns.glsl is the other half.
 */
#ifndef MNSP_GRAPH_COLUMNS_H
#define MNSP_GRAPH_COLUMNS_H

#include "graph/dispatch.h"

/* Workgroups for the sums of `columns` columns of `rows` elements each. */
void dispatch_columns(struct dispatch *dispatch, uint64_t rows, uint64_t columns,
                      const struct gpu_properties *device);

#endif
