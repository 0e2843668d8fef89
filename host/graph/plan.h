/* plan.h: where every tensor of a graph lives.
 *
 * Temporary tensors share memory by life time: a tensor lives from the first node that touches it to the
 * last, and two tensors overlap in memory only when they do not overlap in time. Parameters, state, inputs,
 * outputs and tensors used in more than one segment keep memory of their own. Memory is cut into arenas no
 * larger than the device allows.
 */
#ifndef MNSP_GRAPH_PLAN_H
#define MNSP_GRAPH_PLAN_H

#include "graph/graph.h"

enum plan_class {
    PLAN_PERSISTENT, /* parameters, state, constants, outputs */
    PLAN_INPUT,      /* written by the host before a run */
    PLAN_TEMPORARY,
};

struct plan_arena {
    enum plan_class class;
    uint64_t bytes;
};

struct plan_place {
    uint32_t arena;
    uint64_t offset; /* bytes */
};

struct plan_limits {
    uint64_t arena_bytes;   /* of one allocation */
    uint64_t binding_bytes; /* of one tensor */
    uint64_t alignment;     /* of a tensor's offset */
};

/* Limits that any host memory meets. */
struct plan_limits plan_host_limits(void);

struct plan {
    const struct graph *graph;
    struct plan_arena *arenas;
    uint32_t arena_count;
    struct plan_place *places; /* by tensor id; views have the place of their base */
    uint64_t parameter_bytes, state_bytes, input_bytes, temporary_bytes;
    uint64_t unshared_bytes; /* what the temporary tensors would take without sharing */
};

/* Makes the plan of a finished graph; the graph must outlive it. Errors: the graph's own (graph_status),
 * STATUS_UNSUPPORTED a tensor exceeds the limits (says which and by how much). */
MNSP_NODISCARD enum status plan_create(struct plan **out, struct graph *graph,
                                       const struct plan_limits *limits);
void plan_destroy(struct plan *plan);

/* All memory of the plan. */
uint64_t plan_bytes(const struct plan *plan);

#endif
