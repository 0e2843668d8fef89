/* graph_internal.h: what the files of this room share about a graph's insides. */
#ifndef MNSP_GRAPH_GRAPH_INTERNAL_H
#define MNSP_GRAPH_GRAPH_INTERNAL_H

#include "graph/graph.h"

struct graph {
    enum status status;
    char message[512];
    struct tensor **tensors; /* by id */
    size_t tensor_count, tensor_capacity;
    struct graph_node *nodes;
    size_t node_count, node_capacity;
    const struct tensor **gradients; /* by id of the base, after graph_backward */
    size_t gradient_count;
    uint32_t segment;
    uint32_t block, blocks; /* the open one or 0; how many there are */
    bool recompute;
    size_t streams;
    const char *scope;
    enum precision precision;
};

/* What a failed graph hands out, so that model code need not look. */
extern const struct tensor graph_nothing;
/* A new tensor of the graph, or NULL when the graph has failed. */
struct tensor *graph_new_tensor(struct graph *graph, enum tensor_kind kind, struct shape shape,
                                const char *name);

/* A gradient rule appends the nodes that turn the gradients of a node's outputs into those of its inputs. */
struct backward;
typedef void gradient_rule(struct backward *backward, const struct graph_node *node);

/* graph_gradient_<name> for every DIFFERENTIABLE operator of the table, in gradients.c. */
#define GRADIENT_RULE_DIFFERENTIABLE(name) gradient_rule graph_gradient_##name;
#define GRADIENT_RULE_CONSTANT(name)
#define OPERATOR(name, gradient, bound, grid, ...) GRADIENT_RULE_##gradient(name)
#include "spec/operators.def"
#undef GRADIENT_RULE_DIFFERENTIABLE
#undef GRADIENT_RULE_CONSTANT

/* ---- for the rules ---- */

struct graph *backward_graph(struct backward *backward);
/* The gradient of an output tensor; NULL when the loss does not depend on it. */
const struct tensor *backward_of(struct backward *backward, const struct tensor *output);
/* Whether a gradient has to flow to this input. */
bool backward_wants(const struct tensor *input);
/* Adds to the gradient of an input; nothing for inputs that want none. */
void backward_give(struct backward *backward, const struct tensor *input, const struct tensor *gradient);

#endif
