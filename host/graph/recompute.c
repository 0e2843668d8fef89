#include "graph/recompute.h"

#include "base/memory.h"

#include <stdlib.h>

enum status recompute_start(struct recompute *recompute, struct graph *graph) {
    *recompute =
        (struct recompute){.graph = graph, .nodes = graph->node_count, .tensors = graph->tensor_count};
    return memory_new(&recompute->copies, graph->tensor_count + 1, sizeof *recompute->copies);
}

void recompute_free(struct recompute *recompute) {
    free(recompute->copies);
    free(recompute->originals);
}

size_t recompute_original(const struct recompute *recompute, const struct tensor *base) {
    const size_t newer = base->id - recompute->tensors;
    const bool is_copy = base->id >= recompute->tensors && newer < recompute->original_capacity &&
                         recompute->originals[newer] != 0;
    return is_copy ? recompute->originals[newer] - 1 : base->id;
}

/* A tensor of its own for what `base` holds. */
static enum status copy_base(struct recompute *recompute, const struct tensor *base) {
    struct graph *const graph = recompute->graph;
    struct tensor *const copy = graph_new_tensor(graph, TENSOR_ACTIVATION, base->shape, "");
    if (copy == NULL)
        return graph_status(graph);
    copy->is_unsigned = base->is_unsigned;
    copy->differentiable = base->differentiable;
    const size_t newer = copy->id - recompute->tensors;
    TRY(memory_reserve(&recompute->originals, &recompute->original_capacity, newer + 1,
                       sizeof *recompute->originals));
    recompute->originals[newer] = base->id + 1; /* 0: not a copy */
    recompute->copies[base->id] = copy;
    return STATUS_OK;
}

/* The same view of the copy, where there is one. */
static const struct tensor *copy_of(const struct recompute *recompute, const struct tensor *tensor) {
    if (tensor == NULL || tensor->base->id >= recompute->tensors ||
        recompute->copies[tensor->base->id] == NULL)
        return tensor;
    const struct tensor *const base = recompute->copies[tensor->base->id];
    if (tensor == tensor->base)
        return base;
    struct graph *const graph = recompute->graph;
    const struct tensor *const view = graph_detach(graph, base);
    if (view == &graph_nothing)
        return view;
    struct tensor *const changed = graph->tensors[view->id];
    changed->shape = tensor->shape;
    changed->differentiable = tensor->differentiable;
    return changed;
}

static struct graph_node substitute(const struct recompute *recompute, const struct graph_node *node) {
    struct graph_node copy = *node;
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++)
        copy.tensors[i] = copy_of(recompute, node->tensors[i]);
    return copy;
}

static enum status copy_node(struct recompute *recompute, size_t number) {
    struct graph *const graph = recompute->graph;
    const struct graph_node node = graph->nodes[number]; /* a copy: the array grows below */
    const struct operator_info *const info = operator_info(node.operator);
    for (uint32_t i = 0; i < operator_tensor_count(node.operator); i++) {
        const enum argument_kind kind = info->arguments[i].kind;
        if (node.tensors[i] == NULL)
            continue;
        if (argument_is_written(kind) && argument_is_read(kind))
            return status_set(STATUS_INTERNAL, "%s changes a tensor: it cannot be in a block", info->name);
        if (argument_is_written(kind) && recompute->copies[node.tensors[i]->base->id] == NULL)
            TRY(copy_base(recompute, node.tensors[i]->base));
    }
    TRY(memory_reserve(&graph->nodes, &graph->node_capacity, graph->node_count + 1, sizeof *graph->nodes));
    struct graph_node copy = substitute(recompute, &node);
    copy.is_copy = true;
    copy.segment = graph->segment;
    graph->nodes[graph->node_count++] = copy;
    return graph_status(graph);
}

static enum status copy_block(struct recompute *recompute, uint32_t block) {
    for (size_t i = 0; i < recompute->nodes; i++)
        if (recompute->graph->nodes[i].block == block)
            TRY(copy_node(recompute, i));
    return STATUS_OK;
}

struct graph_node recompute_node(struct recompute *recompute, const struct graph_node *node) {
    if (node->block == 0)
        return *node;
    if (node->block != recompute->block) {
        recompute->block = node->block;
        const enum status status = copy_block(recompute, node->block);
        if (status != STATUS_OK)
            graph_fail(recompute->graph, status, "%s", status_message());
    }
    return substitute(recompute, node);
}

/* Whether somebody behind a copied node reads what it writes. */
static bool is_read(const struct graph_node *node, const bool *read) {
    const struct operator_info *const info = operator_info(node->operator);
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++)
        if (node->tensors[i] != NULL && argument_is_written(info->arguments[i].kind) &&
            read[node->tensors[i]->base->id])
            return true;
    return false;
}

static void note_reads(const struct graph_node *node, bool *read) {
    const struct operator_info *const info = operator_info(node->operator);
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++)
        if (node->tensors[i] != NULL && argument_is_read(info->arguments[i].kind))
            read[node->tensors[i]->base->id] = true;
}

void recompute_finish(struct recompute *recompute) {
    struct graph *const graph = recompute->graph;
    bool *read, *gone = NULL;
    if (graph->status != STATUS_OK)
        return;
    if (memory_new(&read, graph->tensor_count, sizeof *read) != STATUS_OK ||
        memory_new(&gone, graph->node_count, sizeof *gone) != STATUS_OK) {
        graph_fail(graph, STATUS_MEMORY, "%s", status_message());
        free(read);
        return;
    }
    for (size_t i = graph->node_count; i-- > 0;) {
        gone[i] = graph->nodes[i].is_copy && !is_read(&graph->nodes[i], read);
        if (!gone[i])
            note_reads(&graph->nodes[i], read);
    }
    size_t kept = 0;
    for (size_t i = 0; i < graph->node_count; i++)
        if (!gone[i])
            graph->nodes[kept++] = graph->nodes[i];
    graph->node_count = kept;
    free(read);
    free(gone);
}
