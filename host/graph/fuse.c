#include "graph/fuse.h"

#include "base/memory.h"
#include "graph/graph_internal.h"
#include "graph/operator_index.h"

#include <stdlib.h>

/* Who touches a tensor's elements, by the id of its base. */
struct use {
    size_t writer; /* the last one */
    uint32_t writers, readers;
};

struct fusion {
    struct graph *graph;
    struct use *uses;
    bool *gone; /* of nodes */
};

/* Operators that can add something to their result on its way to memory: their output and the argument. */
static const struct adder {
    enum operator_id operator;
    uint32_t output, addend;
} adders[] = {
    {OPERATOR_matmul, ARGUMENT_INDEX(matmul, c), ARGUMENT_INDEX(matmul, addend)},
    {OPERATOR_layernorm_backward, ARGUMENT_INDEX(layernorm_backward, dx),
     ARGUMENT_INDEX(layernorm_backward, addend)},
};

static void count_uses(struct fusion *fusion) {
    const struct graph *const graph = fusion->graph;
    for (size_t n = 0; n < graph->node_count; n++) {
        const struct graph_node *const node = &graph->nodes[n];
        const struct operator_info *const info = operator_info(node->operator);
        for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
            if (node->tensors[i] == NULL)
                continue;
            struct use *const use = &fusion->uses[node->tensors[i]->base->id];
            use->readers += argument_is_read(info->arguments[i].kind);
            if (!argument_is_written(info->arguments[i].kind))
                continue;
            use->writers++;
            use->writer = n;
        }
    }
}

/* Whether the tensor is written by one node and read by one other, and by nobody else. */
static bool is_passed_on(const struct fusion *fusion, const struct tensor *tensor) {
    const struct use *const use = &fusion->uses[tensor->base->id];
    return tensor->base->kind == TENSOR_ACTIVATION && !tensor->base->kept && tensor->base->pack == NULL &&
           use->writers == 1 && use->readers == 1;
}

/* Whether the elements are there, and stay the same, when node `n` runs in place of a later one. */
static bool is_ready(const struct fusion *fusion, const struct tensor *tensor, size_t n) {
    const struct use *const use = &fusion->uses[tensor->base->id];
    return use->writers == 0 || (use->writers == 1 && use->writer < n);
}

/* Node `n` is spared: node `writer` has its result now, as `output`. */
static void take_over(const struct fusion *fusion, size_t writer, uint32_t output,
                      const struct tensor *result, size_t n) {
    fusion->graph->nodes[writer].tensors[output] = result;
    fusion->uses[result->base->id].writer = writer;
    fusion->gone[n] = true;
}

/* ---- sums ---- */

/* What can make `part` with an addend, if node `n` can be spared for it; NULL otherwise. */
static const struct adder *find_adder(const struct fusion *fusion, const struct tensor *part, size_t n) {
    const size_t writer = fusion->uses[part->base->id].writer;
    const struct graph_node *const node = &fusion->graph->nodes[writer];
    if (!is_passed_on(fusion, part) || node->segment != fusion->graph->nodes[n].segment)
        return NULL;
    for (size_t i = 0; i < sizeof adders / sizeof adders[0]; i++)
        if (node->operator== adders[i].operator&& node->tensors[adders[i].output]->base == part->base &&
            node->tensors[adders[i].addend] == NULL)
            return &adders[i];
    return NULL;
}

/* sum = part + other, node `n`: whoever makes `part` makes the sum. */
static bool fuse_addend(const struct fusion *fusion, size_t n, const struct tensor *part,
                        const struct tensor *other, const struct tensor *sum) {
    const struct adder *const adder = find_adder(fusion, part, n);
    const size_t writer = fusion->uses[part->base->id].writer;
    if (adder == NULL || fusion->uses[sum->base->id].writers != 1 || !is_ready(fusion, other, writer))
        return false;
    fusion->graph->nodes[writer].tensors[adder->addend] = other;
    take_over(fusion, writer, adder->output, sum, n);
    return true;
}

static void fuse_add(const struct fusion *fusion, size_t n, const struct graph_node *node) {
    const struct tensor *const a = node->tensors[ARGUMENT_INDEX(add, a)],
                               *const b = node->tensors[ARGUMENT_INDEX(add, b)],
                               *const y = node->tensors[ARGUMENT_INDEX(add, y)];
    if (!fuse_addend(fusion, n, b, a, y))
        fuse_addend(fusion, n, a, b, y);
}

/* ---- what a product can do to its result, in this order: gelu, dropout, gelu's gradient, an addend ---- */

#define PRODUCT(name_) ARGUMENT_INDEX(matmul, name_)

/* The product that makes `x`, the input of node `n`, and can make `result` in its place;
 * NULL when there is none. */
static struct graph_node *find_product(const struct fusion *fusion, const struct tensor *x,
                                       const struct tensor *result, size_t n) {
    const struct use *const use = &fusion->uses[x->base->id];
    struct graph_node *const node = &fusion->graph->nodes[use->writer];
    const bool is_product = use->writers == 1 && node->operator== OPERATOR_matmul &&
                            node->tensors[PRODUCT(c)]->base == x->base &&
                            node->segment == fusion->graph->nodes[n].segment;
    return is_product && fusion->uses[result->base->id].writers == 1 ? node : NULL;
}

/* What others read of the product itself, as a gradient does, is kept. */
static void fuse_gelu(const struct fusion *fusion, size_t n, const struct graph_node *node) {
    const struct tensor *const x = node->tensors[ARGUMENT_INDEX(gelu, x)],
                               *const y = node->tensors[ARGUMENT_INDEX(gelu, y)];
    struct graph_node *const product = find_product(fusion, x, y, n);
    if (product == NULL || product->numbers[PRODUCT(gelu)].size != 0 ||
        product->tensors[PRODUCT(random)] != NULL || product->tensors[PRODUCT(addend)] != NULL)
        return;
    product->numbers[PRODUCT(gelu)].size = 1;
    product->tensors[PRODUCT(pre)] = is_passed_on(fusion, x) ? NULL : x;
    take_over(fusion, fusion->uses[x->base->id].writer, PRODUCT(c), y, n);
}

static void fuse_dropout(const struct fusion *fusion, size_t n, const struct graph_node *node) {
    const struct tensor *const x = node->tensors[ARGUMENT_INDEX(dropout, x)],
                               *const y = node->tensors[ARGUMENT_INDEX(dropout, y)],
                               *const random = node->tensors[ARGUMENT_INDEX(dropout, random)];
    struct graph_node *const product = find_product(fusion, x, y, n);
    const size_t writer = fusion->uses[x->base->id].writer;
    if (product == NULL || !is_passed_on(fusion, x) || !is_ready(fusion, random, writer) ||
        product->numbers[PRODUCT(gelu)].size == 2 || product->tensors[PRODUCT(random)] != NULL ||
        product->tensors[PRODUCT(addend)] != NULL)
        return;
    product->tensors[PRODUCT(random)] = random;
    product->numbers[PRODUCT(stream)] = node->numbers[ARGUMENT_INDEX(dropout, stream)];
    product->numbers[PRODUCT(rate)] = node->numbers[ARGUMENT_INDEX(dropout, rate)];
    take_over(fusion, writer, PRODUCT(c), y, n);
}

static void fuse_gelu_backward(const struct fusion *fusion, size_t n, const struct graph_node *node) {
    const struct tensor *const dy = node->tensors[ARGUMENT_INDEX(gelu_backward, dy)],
                               *const x = node->tensors[ARGUMENT_INDEX(gelu_backward, x)],
                               *const dx = node->tensors[ARGUMENT_INDEX(gelu_backward, dx)];
    struct graph_node *const product = find_product(fusion, dy, dx, n);
    const size_t writer = fusion->uses[dy->base->id].writer;
    if (product == NULL || !is_passed_on(fusion, dy) || !is_ready(fusion, x, writer) ||
        product->numbers[PRODUCT(gelu)].size != 0 || product->tensors[PRODUCT(addend)] != NULL ||
        product->numbers[PRODUCT(rounding)].size !=
            node->numbers[ARGUMENT_INDEX(gelu_backward, rounding)].size)
        return;
    product->numbers[PRODUCT(gelu)].size = 2;
    product->tensors[PRODUCT(at)] = x;
    take_over(fusion, writer, PRODUCT(c), dx, n);
}

static void fuse_nodes(const struct fusion *fusion) {
    for (size_t n = 0; n < fusion->graph->node_count; n++) {
        const struct graph_node *const node = &fusion->graph->nodes[n];
        if (node->operator== OPERATOR_add)
            fuse_add(fusion, n, node);
        else if (node->operator== OPERATOR_gelu)
            fuse_gelu(fusion, n, node);
        else if (node->operator== OPERATOR_dropout)
            fuse_dropout(fusion, n, node);
        else if (node->operator== OPERATOR_gelu_backward)
            fuse_gelu_backward(fusion, n, node);
    }
}

static void remove_gone(const struct fusion *fusion) {
    struct graph *const graph = fusion->graph;
    size_t kept = 0;
    for (size_t n = 0; n < graph->node_count; n++)
        if (!fusion->gone[n])
            graph->nodes[kept++] = graph->nodes[n];
    graph->node_count = kept;
}

enum status graph_fuse(struct graph *graph) {
    struct fusion fusion = {.graph = graph};
    enum status status = graph_status(graph);
    TRY(status);
    TRY_GOTO(status, memory_new(&fusion.uses, graph->tensor_count + 1, sizeof *fusion.uses), done);
    TRY_GOTO(status, memory_new(&fusion.gone, graph->node_count + 1, sizeof *fusion.gone), done);
    count_uses(&fusion);
    fuse_nodes(&fusion);
    remove_gone(&fusion);
done:
    free(fusion.uses);
    free(fusion.gone);
    return status;
}
