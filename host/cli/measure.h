/* measure.h: the time of one operator alone, by the device's clock where it has one. */
#ifndef MNSP_CLI_MEASURE_H
#define MNSP_CLI_MEASURE_H

#include "gpu/gpu.h"
#include "graph/graph.h"
#include "graph/tiles.h"

/* The median of `repeat` runs (0: what fits into half a second) of a graph of one node, whose inputs are
 * outputs of the graph, so that they can be filled. `tiles`: those of its product; or NULL. */
MNSP_NODISCARD enum status cli_measure_graph(double *milliseconds, struct graph *graph,
                                             struct gpu_device *device, struct tiles *tiles, size_t repeat);

#endif
