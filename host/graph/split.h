/* split.h: long sums of small products, cut into parts that fill a device. Private to graph/.
 *
 * The gradient of a weight has as few tiles as the weight, and a sum over all tokens of the batch. Where a
 * device would be left idle, the product becomes a batch of products over parts of k, whose results are added
 * in their order by sum_rows:
 *
 *     c (m, n) = a^T b                      a (k, m), b (k, n)
 *     partial (parts, m, n) = a^T b         a (parts, k / parts, m), b (parts, k / parts, n): the same memory
 *     c = partial[0] + partial[1] + ...
 *
 * So a cut is two ordinary nodes, and the partial sums an ordinary tensor, which the plan gives memory and
 * the profile shows. The bound of the product holds for it too (spec/numerics.md, "SUM").
 */
#ifndef MNSP_GRAPH_SPLIT_H
#define MNSP_GRAPH_SPLIT_H

#include "gpu/gpu.h"
#include "graph/graph.h"

/* Cuts the sums of a whole graph where it pays on that device (tiling_parts). A graph that has been cut
 * runs on any device, and is not cut again. Errors: that of graph_status, STATUS_MEMORY. */
MNSP_NODISCARD enum status graph_split(struct graph *graph, const struct gpu_properties *device);

#endif
