#include "graph/graph_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- shapes ---- */

size_t shape_elements(struct shape shape) {
    size_t elements = 1;
    for (int i = 0; i < shape.rank; i++)
        if (__builtin_mul_overflow(elements, shape.of[i], &elements))
            return SIZE_MAX;
    return elements;
}

bool shape_equal(struct shape a, struct shape b) {
    if (a.rank != b.rank)
        return false;
    for (int i = 0; i < a.rank; i++)
        if (a.of[i] != b.of[i])
            return false;
    return true;
}

const char *shape_text(struct shape shape, char text[SHAPE_TEXT]) {
    size_t used = (size_t)snprintf(text, SHAPE_TEXT, "(");
    for (int i = 0; i < shape.rank; i++)
        used += (size_t)snprintf(text + used, SHAPE_TEXT - used, i ? ", %zu" : "%zu", shape.of[i]);
    snprintf(text + used, SHAPE_TEXT - used, ")");
    return text;
}

/* ---- life and mistakes ---- */

const struct tensor graph_nothing = {.shape = {1, {1}}, .elements = 1, .name = "", .base = &graph_nothing};

enum status graph_create(struct graph **out) {
    TRY(memory_new(out, 1, sizeof **out));
    (*out)->scope = "";
    return STATUS_OK;
}

void graph_destroy(struct graph *graph) {
    if (graph == NULL)
        return;
    for (size_t i = 0; i < graph->tensor_count; i++) {
        free((char *)graph->tensors[i]->name);
        free(graph->tensors[i]);
    }
    free(graph->tensors);
    free(graph->nodes);
    free(graph->gradients);
    free(graph);
}

enum status graph_status(struct graph *graph) {
    if (graph->status == STATUS_OK)
        return STATUS_OK;
    return status_set(graph->status, "%s", graph->message);
}

void graph_fail(struct graph *graph, enum status code, const char *format, ...) {
    if (graph->status != STATUS_OK)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(graph->message, sizeof graph->message, format, arguments);
    va_end(arguments);
    graph->status = code;
}

void graph_set_precision(struct graph *graph, enum precision precision) {
    graph->precision = precision;
}

enum precision graph_precision(const struct graph *graph) {
    return graph->precision;
}

/* ---- tensors ---- */

/* Every element must be countable by the 32-bit indices of the shaders. */
static bool shape_is_sound(struct graph *graph, struct shape shape, const char *name) {
    const size_t elements = shape_elements(shape);
    if (shape.rank >= 1 && shape.rank <= SHAPE_MAX_RANK && elements > 0 && elements < UINT32_MAX)
        return true;
    char text[SHAPE_TEXT];
    graph_fail(graph, STATUS_UNSUPPORTED, "tensor %s%s has %zu elements; 1 to 4294967294 are possible%s",
               name[0] ? name : "of shape ", shape_text(shape, text), elements,
               elements > 1 ? ": use a smaller batch" : "");
    return false;
}

struct tensor *graph_new_tensor(struct graph *graph, enum tensor_kind kind, struct shape shape,
                                const char *name) {
    if (graph->status != STATUS_OK || !shape_is_sound(graph, shape, name))
        return NULL;
    struct tensor *tensor = NULL;
    char *copy = NULL;
    if (memory_reserve(&graph->tensors, &graph->tensor_capacity, graph->tensor_count + 1,
                       sizeof *graph->tensors) != STATUS_OK ||
        memory_copy_text(&copy, name) != STATUS_OK || memory_new(&tensor, 1, sizeof *tensor) != STATUS_OK) {
        free(copy);
        graph_fail(graph, STATUS_MEMORY, "%s", status_message());
        return NULL;
    }
    *tensor = (struct tensor){.shape = shape,
                              .elements = shape_elements(shape),
                              .kind = kind,
                              .id = (uint32_t)graph->tensor_count,
                              .name = copy,
                              .base = tensor};
    graph->tensors[graph->tensor_count++] = tensor;
    return tensor;
}

enum precision tensor_format(const struct tensor *tensor) {
    return tensor->base->format;
}

uint64_t tensor_bytes(const struct tensor *tensor) {
    return (uint64_t)tensor->elements * (tensor_format(tensor) == PRECISION_F32 ? 4 : 2);
}

const struct tensor *graph_find(const struct graph *graph, const char *name) {
    for (size_t i = 0; i < graph->tensor_count; i++)
        if (name[0] != '\0' && strcmp(graph->tensors[i]->name, name) == 0)
            return graph->tensors[i];
    return NULL;
}

/* A named tensor: the one that already has this name, if it is of the same sort, or a new one. */
static struct tensor *named_tensor(struct graph *graph, enum tensor_kind kind, struct shape shape,
                                   const char *name, bool *is_new) {
    struct tensor *const found = (struct tensor *)graph_find(graph, name);
    *is_new = found == NULL;
    if (found == NULL)
        return graph_new_tensor(graph, kind, shape, name);
    if (found->kind == kind && shape_equal(found->shape, shape))
        return found;
    char have[SHAPE_TEXT], want[SHAPE_TEXT];
    graph_fail(graph, STATUS_INTERNAL, "tensor %s is declared as %s and again as %s", name,
               shape_text(found->shape, have), shape_text(shape, want));
    return NULL;
}

const struct tensor *graph_input(struct graph *graph, const char *name, struct shape shape) {
    bool is_new;
    const struct tensor *const tensor = named_tensor(graph, TENSOR_INPUT, shape, name, &is_new);
    return tensor ? tensor : &graph_nothing;
}

const struct tensor *graph_input_unsigned(struct graph *graph, const char *name, struct shape shape) {
    bool is_new;
    struct tensor *const tensor = named_tensor(graph, TENSOR_INPUT, shape, name, &is_new);
    if (tensor == NULL)
        return &graph_nothing;
    tensor->is_unsigned = true;
    return tensor;
}

const struct tensor *graph_parameter(struct graph *graph, const char *name, struct shape shape,
                                     enum graph_training training, struct initial initial) {
    bool is_new;
    struct tensor *const tensor = named_tensor(graph, TENSOR_PARAMETER, shape, name, &is_new);
    if (tensor == NULL)
        return &graph_nothing;
    if (is_new) {
        tensor->initial = initial;
        tensor->differentiable = training == GRAPH_TRAINABLE;
    }
    return tensor;
}

const struct tensor *graph_state(struct graph *graph, const char *name, struct shape shape,
                                 struct initial initial) {
    bool is_new;
    struct tensor *const tensor = named_tensor(graph, TENSOR_STATE, shape, name, &is_new);
    if (tensor == NULL)
        return &graph_nothing;
    tensor->initial = initial;
    return tensor;
}

const struct tensor *graph_constant(struct graph *graph, struct shape shape, float value) {
    struct tensor *const tensor = graph_new_tensor(graph, TENSOR_CONSTANT, shape, "");
    if (tensor == NULL)
        return &graph_nothing;
    tensor->initial = (struct initial){.kind = INITIAL_CONSTANT, .value = value};
    return tensor;
}

static struct tensor *new_view(struct graph *graph, const struct tensor *x, struct shape shape) {
    struct tensor *const view = graph_new_tensor(graph, x->kind, shape, "");
    if (view == NULL)
        return NULL;
    view->base = x->base;
    view->is_unsigned = x->is_unsigned;
    view->differentiable = x->differentiable;
    return view;
}

const struct tensor *graph_view(struct graph *graph, const struct tensor *x, struct shape shape) {
    if (graph->status == STATUS_OK && shape_elements(shape) != x->elements) {
        char have[SHAPE_TEXT], want[SHAPE_TEXT];
        graph_fail(graph, STATUS_INTERNAL, "tensor %s %s cannot be seen as %s", x->name,
                   shape_text(x->shape, have), shape_text(shape, want));
    }
    if (shape_equal(x->shape, shape))
        return x;
    const struct tensor *const view = new_view(graph, x, shape);
    return view ? view : &graph_nothing;
}

const struct tensor *graph_detach(struct graph *graph, const struct tensor *x) {
    struct tensor *const view = new_view(graph, x, x->shape);
    if (view == NULL)
        return &graph_nothing;
    view->differentiable = false;
    return view;
}

const struct tensor *graph_output(struct graph *graph, const struct tensor *x, const char *name) {
    if (graph->status != STATUS_OK)
        return x;
    struct tensor *const base = graph->tensors[x->base->id];
    base->kept = true;
    struct tensor *const named = graph->tensors[x->id];
    if (named->name[0] != '\0') {
        if (strcmp(named->name, name) != 0)
            graph_fail(graph, STATUS_INTERNAL, "output %s already has the name %s", name, named->name);
        return x;
    }
    char *copy = NULL;
    if (memory_copy_text(&copy, name) != STATUS_OK) {
        graph_fail(graph, STATUS_MEMORY, "%s", status_message());
        return x;
    }
    free((char *)named->name);
    named->name = copy;
    return x;
}

const struct tensor *graph_activation(struct graph *graph, struct shape shape) {
    const struct tensor *const tensor = graph_new_tensor(graph, TENSOR_ACTIVATION, shape, "");
    return tensor ? tensor : &graph_nothing;
}

const struct tensor *graph_activation_unsigned(struct graph *graph, struct shape shape) {
    struct tensor *const tensor = graph_new_tensor(graph, TENSOR_ACTIVATION, shape, "");
    if (tensor == NULL)
        return &graph_nothing;
    tensor->is_unsigned = true;
    return tensor;
}

const struct tensor *graph_random(struct graph *graph) {
    return graph_input_unsigned(graph, "random", SHAPE(4));
}

size_t graph_new_stream(struct graph *graph) {
    if (graph->streams > 0xFFFF)
        graph_fail(graph, STATUS_UNSUPPORTED, "a graph has at most 65536 random streams");
    return graph->streams++;
}

/* ---- nodes ---- */

void graph_scope(struct graph *graph, const char *name) {
    graph->scope = name;
}

void graph_block_begin(struct graph *graph) {
    graph->block = ++graph->blocks;
}

void graph_block_end(struct graph *graph) {
    graph->block = 0;
}

void graph_recompute(struct graph *graph) {
    graph->recompute = true;
}

uint32_t graph_segment(struct graph *graph) {
    return ++graph->segment;
}

uint32_t graph_segment_count(const struct graph *graph) {
    return graph->segment + 1;
}

/* Whether argument i of the operator may be this tensor; a mistake of the graph otherwise. */
static bool argument_fits(struct graph *graph, const struct operator_info *info, uint32_t i,
                          const struct tensor *tensor) {
    const enum argument_kind kind = info->arguments[i].kind;
    const char *const name = info->arguments[i].name;
    if (tensor == NULL && !argument_is_optional(kind))
        graph_fail(graph, STATUS_INTERNAL, "%s: argument %s is missing", info->name, name);
    else if (tensor == &graph_nothing)
        graph_fail(graph, STATUS_INTERNAL, "%s: argument %s is of a failed graph", info->name, name);
    else if (tensor != NULL && tensor->is_unsigned != argument_is_unsigned(kind))
        graph_fail(graph, STATUS_INTERNAL, "%s: argument %s has elements of the wrong type", info->name,
                   name);
    return graph->status == STATUS_OK;
}

void graph_append(struct graph *graph, enum operator_id id, const union graph_value *values) {
    if (graph->status != STATUS_OK)
        return;
    if (memory_reserve(&graph->nodes, &graph->node_capacity, graph->node_count + 1, sizeof *graph->nodes) !=
        STATUS_OK) {
        graph_fail(graph, STATUS_MEMORY, "%s", status_message());
        return;
    }
    const struct operator_info *const info = operator_info(id);
    struct graph_node node = {
        .operator= id, .segment = graph->segment, .scope = graph->scope, .block = graph->block};
    bool differentiable = false;
    for (uint32_t i = 0; i < info->argument_count; i++) {
        const enum argument_kind kind = info->arguments[i].kind;
        if (argument_is_tensor(kind)) {
            if (!argument_fits(graph, info, i, values[i].tensor))
                return;
            node.tensors[i] = values[i].tensor;
            if (argument_is_read(kind) && values[i].tensor != NULL)
                differentiable = differentiable || values[i].tensor->differentiable;
        } else if (kind == ARGUMENT_SIZE) {
            node.numbers[i].size = values[i].size;
            if (values[i].size > UINT32_MAX)
                graph_fail(graph, STATUS_UNSUPPORTED, "%s: %s is %zu, above 2^32 - 1", info->name,
                           info->arguments[i].name, values[i].size);
        } else {
            node.numbers[i].real = values[i].real;
        }
    }
    if (differentiable && info->differentiable)
        for (uint32_t i = 0; i < operator_tensor_count(id); i++)
            if (info->arguments[i].kind == ARGUMENT_OUT)
                graph->tensors[node.tensors[i]->id]->differentiable = true;
    graph->nodes[graph->node_count++] = node;
}

/* ---- looking at a graph ---- */

size_t graph_node_count(const struct graph *graph) {
    return graph->node_count;
}

const struct graph_node *graph_node(const struct graph *graph, size_t index) {
    return &graph->nodes[index];
}

size_t graph_tensor_count(const struct graph *graph) {
    return graph->tensor_count;
}

const struct tensor *graph_tensor(const struct graph *graph, size_t id) {
    return graph->tensors[id];
}
