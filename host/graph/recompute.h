/* recompute.h: activations that are computed again instead of kept (activation checkpointing). Private to
 * graph/.
 *
 * When the walk from the loss back meets the first node of a block (graph_block_begin), the block's nodes
 * are appended once more, with outputs of their own, and the rules of gradients.c are given these copies:
 *
 *     forward     x -> [ a -> b -> c ] -> y              a, b, c live to the end of the block
 *     backward    x -> [ a' -> b' -> c' ], then gradients from a', b', c'
 *
 * The copies are the same operators on the same numbers (random ones depend on stream and step), so that
 * gradients are the same bits. What no gradient reads, such as the block's end, is not computed again.
 * Source: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016.
 */
#ifndef MNSP_GRAPH_RECOMPUTE_H
#define MNSP_GRAPH_RECOMPUTE_H

#include "graph/graph_internal.h"

struct recompute {
    struct graph *graph;
    size_t nodes, tensors;        /* of the graph before the walk */
    const struct tensor **copies; /* by id of the base of what a block computes; NULL where there is none */
    size_t *originals;            /* by id - tensors: whose copy a newer tensor is, or itself */
    size_t original_capacity;
    uint32_t block; /* that was appended last */
};

/* For the nodes that the graph has now. */
MNSP_NODISCARD enum status recompute_start(struct recompute *recompute, struct graph *graph);
void recompute_free(struct recompute *recompute);

/* A node as its gradient rule should see it; appends the copies of its block when it is the first of it. */
struct graph_node recompute_node(struct recompute *recompute, const struct graph_node *node);
/* The id of the tensor that a base is a copy of, or its own. */
size_t recompute_original(const struct recompute *recompute, const struct tensor *base);

/* Removes the copies that nobody reads, when all gradients are appended. */
void recompute_finish(struct recompute *recompute);

#endif
