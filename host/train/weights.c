#include "train/weights.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 256 };

enum weights_kind weights_used(const struct settings *settings) {
    return settings->use_average ? WEIGHTS_AVERAGE : WEIGHTS_LAST;
}

static void shape_of(uint64_t shape[SHAPE_MAX_RANK], const struct tensor *tensor) {
    for (int i = 0; i < tensor->shape.rank; i++)
        shape[i] = tensor->shape.of[i];
}

enum status weights_check(const struct graph *graph, const struct safetensors *file) {
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        const struct safetensors_tensor *stored;
        uint64_t shape[SHAPE_MAX_RANK];
        if (tensor->kind != TENSOR_PARAMETER || tensor->base != tensor)
            continue;
        shape_of(shape, tensor);
        TRY(safetensors_expect(&stored, file, tensor->name, (uint32_t)tensor->shape.rank, shape));
    }
    return STATUS_OK;
}

static enum status load_tensor(struct executor *executor, const struct tensor *tensor,
                               const struct safetensors *file, const char *name) {
    uint64_t shape[SHAPE_MAX_RANK];
    shape_of(shape, tensor);
    float *values;
    TRY(memory_new(&values, tensor->elements, sizeof *values));
    enum status status = safetensors_load_f32(file, name, (uint32_t)tensor->shape.rank, shape, values);
    if (status == STATUS_OK)
        status = executor_write(executor, tensor, values);
    free(values);
    return status;
}

/* Whether a name, behind its prefix, is one of an encoder. */
static bool is_of_encoder(const char *name) {
    static const char *const parts[] = {"cls_token", "pos_embed", "patch_embed.", "blocks.", "norm."};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strncmp(name, parts[i], strlen(parts[i])) == 0)
            return true;
    return false;
}

/* Whose tensors are meant: a kind, a prefix, and perhaps the encoder's names only; and which of them. */
struct selection {
    enum tensor_kind kind;
    const char *prefix;
    bool encoder_only;
    enum weights_kind which;
};

static bool is_selected(const struct selection *selection, const struct tensor *tensor) {
    const size_t skip = strlen(selection->prefix);
    return tensor->kind == selection->kind && tensor->base == tensor &&
           strncmp(tensor->name, selection->prefix, skip) == 0 &&
           (!selection->encoder_only || is_of_encoder(tensor->name + skip));
}

static enum status load_selected(struct executor *executor, const struct graph *graph,
                                 const struct selection *selection, const struct safetensors *file,
                                 const char *file_prefix) {
    size_t loaded = 0;
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        if (!is_selected(selection, tensor))
            continue;
        const char *const rest = tensor->name + strlen(selection->prefix);
        char name[NAME_SIZE];
        snprintf(name, sizeof name, CHECKPOINT_AVERAGE "%s%s", file_prefix, rest);
        if (selection->which == WEIGHTS_LAST || safetensors_find(file, name) == NULL)
            snprintf(name, sizeof name, "%s%s", file_prefix, rest);
        TRY(load_tensor(executor, tensor, file, name));
        loaded++;
    }
    if (loaded == 0)
        return status_set(STATUS_INTERNAL, "the network has no parameter '%s...' to load", selection->prefix);
    return STATUS_OK;
}

enum status weights_load(struct executor *executor, const struct graph *graph, const char *graph_prefix,
                         const struct safetensors *file, const char *file_prefix, enum weights_kind kind) {
    const struct selection all = {.kind = TENSOR_PARAMETER, .prefix = graph_prefix, .which = kind};
    return load_selected(executor, graph, &all, file, file_prefix);
}

enum status weights_load_encoder(struct executor *executor, const struct graph *graph,
                                 const char *graph_prefix, const struct safetensors *file,
                                 enum weights_kind kind) {
    const struct selection encoder = {
        .kind = TENSOR_PARAMETER, .prefix = graph_prefix, .encoder_only = true, .which = kind};
    const char *file_prefix;
    TRY(checkpoint_encoder_prefix(&file_prefix, file));
    return load_selected(executor, graph, &encoder, file, file_prefix);
}

static bool is_lasting(const struct tensor *tensor) {
    return tensor->base == tensor && (tensor->kind == TENSOR_PARAMETER || tensor->kind == TENSOR_STATE);
}

/* The parameter of that name, or its average. */
static const struct tensor *find_source(const struct graph *graph, const char *parameter,
                                        enum weights_kind kind) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, CHECKPOINT_AVERAGE "%s", parameter);
    const struct tensor *const average = kind == WEIGHTS_AVERAGE ? graph_find(graph, name) : NULL;
    return average != NULL ? average : graph_find(graph, parameter);
}

static enum status copy_tensor(struct executor *to, const struct tensor *tensor, struct executor *from,
                               const struct tensor *source) {
    if (source == NULL || !is_lasting(source) || !shape_equal(source->shape, tensor->shape))
        return status_set(STATUS_INTERNAL, "parameter '%s' is not in the network that it is copied from",
                          tensor->name);
    float *values;
    TRY(memory_new(&values, tensor->elements, sizeof *values));
    enum status status = executor_read(from, source, values);
    if (status == STATUS_OK)
        status = executor_write(to, tensor, values);
    free(values);
    return status;
}

enum status weights_copy(struct executor *to, const struct graph *to_graph, struct executor *from,
                         const struct graph *from_graph, enum weights_kind kind) {
    const struct selection all = {.kind = TENSOR_PARAMETER, .prefix = ""};
    for (size_t i = 0; i < graph_tensor_count(to_graph); i++) {
        const struct tensor *const tensor = graph_tensor(to_graph, i);
        if (is_selected(&all, tensor))
            TRY(copy_tensor(to, tensor, from, find_source(from_graph, tensor->name, kind)));
    }
    return STATUS_OK;
}

enum status weights_load_state(struct executor *executor, const struct graph *graph,
                               const struct safetensors *file) {
    const struct selection state = {.kind = TENSOR_STATE, .prefix = ""};
    return load_selected(executor, graph, &state, file, "");
}

/* ---- saving ---- */

static enum status fetch(struct executor *executor, const struct graph *graph, struct safetensors_view *views,
                         size_t *count) {
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        if (!is_lasting(tensor))
            continue;
        float *values;
        TRY(memory_new(&values, tensor->elements, sizeof *values));
        struct safetensors_view *const view = &views[(*count)++];
        *view = (struct safetensors_view){.name = tensor->name,
                                          .type = SAFETENSORS_F32,
                                          .rank = (uint32_t)tensor->shape.rank,
                                          .data = values};
        for (int d = 0; d < tensor->shape.rank; d++)
            view->shape[d] = tensor->shape.of[d];
        TRY(executor_read(executor, tensor, values));
    }
    return STATUS_OK;
}

typedef enum status save_function(const char *folder, const struct checkpoint_state *state,
                                  const struct safetensors_view *views, size_t view_count);

static enum status save_by(save_function *save, struct executor *executor, const struct graph *graph,
                           const char *folder, const struct checkpoint_state *state) {
    struct safetensors_view *views;
    TRY(memory_new(&views, graph_tensor_count(graph), sizeof *views));
    size_t count = 0;
    enum status status = fetch(executor, graph, views, &count);
    if (status == STATUS_OK)
        status = save(folder, state, views, count);
    for (size_t i = 0; i < count; i++)
        free((void *)views[i].data);
    free(views);
    return status;
}

enum status weights_save(struct executor *executor, const struct graph *graph, const char *folder,
                         const struct checkpoint_state *state) {
    return save_by(checkpoint_save, executor, graph, folder, state);
}

enum status weights_save_best(struct executor *executor, const struct graph *graph, const char *folder,
                              const struct checkpoint_state *state) {
    return save_by(checkpoint_save_best, executor, graph, folder, state);
}
