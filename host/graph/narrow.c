#include "graph/narrow.h"

#include "base/memory.h"
#include "graph/graph_internal.h"

#include <stdlib.h>

/* What is known of a tensor, by the id of its base. */
struct use {
    enum precision format; /* which its readers so far take it in; PRECISION_F32: nobody has read it */
    bool is_wide;          /* somebody needs all of it */
};

/* What the node rounds to what it reads of tensors that may be stored in 16 bits. */
static enum precision rounding_of(const struct graph_node *node) {
    const uint32_t argument = operator_argument_index(node->operator, "rounding");
    const bool rounds = argument < operator_info(node->operator)->argument_count;
    return rounds ? (enum precision)node->numbers[argument].size : PRECISION_F32;
}

static void note_read(struct use *use, enum precision rounding) {
    if (rounding == PRECISION_F32 || (use->format != PRECISION_F32 && use->format != rounding))
        use->is_wide = true;
    use->format = rounding;
}

static void note_node(struct use *uses, const struct graph_node *node) {
    const struct operator_info *const info = operator_info(node->operator);
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
        if (node->tensors[i] == NULL)
            continue;
        struct use *const use = &uses[node->tensors[i]->base->id];
        if (!operator_may_store_16(node->operator, i, node->numbers))
            use->is_wide = true;
        else if (argument_is_read(info->arguments[i].kind))
            note_read(use, rounding_of(node));
    }
}

static bool may_be_narrow(const struct tensor *tensor) {
    return tensor->base == tensor && tensor->kind == TENSOR_ACTIVATION && !tensor->kept &&
           tensor->pack == NULL && !tensor->is_unsigned;
}

enum status graph_narrow(struct graph *graph) {
    struct use *uses;
    TRY(graph_status(graph));
    TRY(memory_new(&uses, graph->tensor_count + 1, sizeof *uses));
    for (size_t n = 0; n < graph->node_count; n++)
        note_node(uses, &graph->nodes[n]);
    for (size_t i = 0; i < graph->tensor_count; i++)
        if (may_be_narrow(graph->tensors[i]) && !uses[i].is_wide)
            graph->tensors[i]->format = uses[i].format;
    free(uses);
    return STATUS_OK;
}
