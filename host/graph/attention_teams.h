/* attention_teams.h: the dispatch of the three shaders of attention, which are cut alike; see
 * shaders/include/attention.glsl for rows and teams. */
#ifndef MNSP_GRAPH_ATTENTION_TEAMS_H
#define MNSP_GRAPH_ATTENTION_TEAMS_H

#include "graph/dispatch.h"

struct attention_teams {
    uint64_t heads;          /* of all items of the batch */
    uint64_t rows, streamed; /* per head: those that teams hold, those that pass by */
    uint64_t head_width;
    uint64_t odd; /* the bits that any pitch or offset has */
    bool dropout;
    uint32_t rounding;
    uint32_t arrays; /* of head_width, that a row holds; and as many products per pair of rows */
};

/* The specialisation constants of attention.glsl, workgroups, work. */
void attention_dispatch(struct dispatch *dispatch, const struct attention_teams *teams,
                        const struct gpu_properties *device);

/* Of the arguments that the three operators name alike. `operator` is one of them. */
#define ATTENTION_TEAMS(operator, of_rows, of_streamed, array_count)                                         \
    {                                                                                                        \
        .heads = (uint64_t)DISPATCH_SIZE(operator, batch) * DISPATCH_SIZE(operator, heads),                  \
        .rows = DISPATCH_SIZE(operator, of_rows), .streamed = DISPATCH_SIZE(operator, of_streamed),          \
        .head_width = DISPATCH_SIZE(operator, head_width),                                                   \
        .odd = DISPATCH_SIZE(operator, q_pitch) | DISPATCH_SIZE(operator, q_offset) |                        \
               DISPATCH_SIZE(operator, k_pitch) | DISPATCH_SIZE(operator, k_offset) |                        \
               DISPATCH_SIZE(operator, v_pitch) | DISPATCH_SIZE(operator, v_offset),                         \
        .dropout = dispatch_has(dispatch->constants[0], ARGUMENT_INDEX(operator, random)) &&                 \
                   values[ARGUMENT_INDEX(operator, dropout)].real > 0,                                       \
        .rounding = (uint32_t)DISPATCH_SIZE(operator, rounding), .arrays = (array_count),                    \
    }

#endif
