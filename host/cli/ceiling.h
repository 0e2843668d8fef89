/* ceiling.h: how fast a device can be at best, as measured here and now: memory by a copy, arithmetic by one
 * large product in each precision that a graph uses. The roof of an operator is the nearer of the two. */
#ifndef MNSP_CLI_CEILING_H
#define MNSP_CLI_CEILING_H

#include "base/precision.h"
#include "gpu/gpu.h"
#include "graph/graph.h"
#include "graph/tiles.h"

#include <jansson.h>

struct cli_ceilings {
    double bytes; /* a second, read and written */
    double flops
        [PRECISION_COUNT]; /* a second; 0 where the graph has no product of that precision, but for fp32 */
};

MNSP_NODISCARD enum status cli_measure_ceilings(struct cli_ceilings *out, const struct graph *graph,
                                                struct gpu_device *device, struct tiles *tiles);

struct cli_least {
    double seconds;
    const char *ceiling; /* which one binds: "memory", "f32", "f16" or "bf16" */
};
/* The least time that a node would take at the ceilings. */
struct cli_least cli_least_time(const struct cli_ceilings *ceilings, const struct graph_node *node);

/* {"gigabytes_per_second": ..., "f32_gflops": ...} */
json_t *cli_ceilings_json(const struct cli_ceilings *ceilings);
void cli_print_ceilings(const json_t *ceilings);

#endif
