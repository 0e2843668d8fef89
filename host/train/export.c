#include "train/export.h"

#include "base/memory.h"
#include "base/precision.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct export {
    const struct safetensors *file;
    const struct export_options *options;
    struct safetensors_view *views;
    size_t count;
};

static bool is_real(enum safetensors_type type) {
    return type == SAFETENSORS_F16 || type == SAFETENSORS_BF16 || type == SAFETENSORS_F32 ||
           type == SAFETENSORS_F64;
}

/* The tensor that the numbers of `tensor` are taken from: itself, or its average. */
static enum status source_of(const struct export *e, const struct safetensors_tensor *tensor,
                             const struct safetensors_tensor **out) {
    char *name;
    *out = tensor;
    if (!e->options->average)
        return STATUS_OK;
    TRY(memory_format(&name, CHECKPOINT_AVERAGE "%s", tensor->name));
    if (safetensors_find(e->file, name) != NULL)
        *out = safetensors_find(e->file, name);
    free(name);
    return STATUS_OK;
}

static enum status narrow(const struct export *e, const struct safetensors_tensor *tensor,
                          const float *numbers, uint16_t *out) {
    const enum precision precision = e->options->type == SAFETENSORS_F16 ? PRECISION_F16 : PRECISION_BF16;
    for (uint64_t i = 0; i < tensor->elements; i++) {
        out[i] = precision_narrow(numbers[i], precision);
        if (isfinite(numbers[i]) && !isfinite(precision_widen(out[i], precision)))
            return status_set(STATUS_INVALID,
                              "%s: element %llu of '%s' is %g, too large for %s: export as f32 or bf16",
                              safetensors_path(e->file), (unsigned long long)i, tensor->name,
                              (double)numbers[i], safetensors_type_name(e->options->type));
    }
    return STATUS_OK;
}

static enum status read_narrow(const struct export *e, const struct safetensors_tensor *tensor,
                               const struct safetensors_tensor *source, uint16_t *out) {
    float *numbers;
    TRY(memory_new(&numbers, source->elements, sizeof *numbers));
    enum status status = safetensors_read_f32(e->file, source, numbers);
    if (status == STATUS_OK)
        status = narrow(e, tensor, numbers, out);
    free(numbers);
    return status;
}

/* The numbers of a tensor in the type that is asked for; integers as they are. */
static enum status add(struct export *e, const struct safetensors_tensor *tensor) {
    const bool real = is_real(tensor->type);
    const enum safetensors_type type = real ? e->options->type : tensor->type;
    const struct safetensors_tensor *source;
    void *data;
    TRY(source_of(e, tensor, &source));
    TRY(memory_new(&data, tensor->elements, safetensors_type_size(type)));
    struct safetensors_view *const view = &e->views[e->count++];
    *view = (struct safetensors_view){.name = tensor->name, .rank = tensor->rank, .type = type, .data = data};
    memcpy(view->shape, tensor->shape, sizeof view->shape);
    if (!real)
        return safetensors_read(e->file, tensor, data);
    if (type == SAFETENSORS_F32)
        return safetensors_read_f32(e->file, source, data);
    return read_narrow(e, tensor, source, data);
}

static enum status add_all(struct export *e) {
    TRY(memory_new(&e->views, safetensors_count(e->file), sizeof *e->views));
    for (size_t i = 0; i < safetensors_count(e->file); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(e->file, i);
        if (!checkpoint_is_state(tensor->name))
            TRY(add(e, tensor));
    }
    return STATUS_OK;
}

static enum status write(const struct export *e, const char *to) {
    struct checkpoint_state state;
    if (!checkpoint_is_ours(e->file))
        return safetensors_write(to, e->views, e->count, NULL, 0);
    TRY(checkpoint_read_state(&state, e->file));
    return checkpoint_write(to, &state, e->views, e->count);
}

static bool same_file(const char *a, const char *b) {
    struct stat about_a, about_b;
    return stat(a, &about_a) == 0 && stat(b, &about_b) == 0 && about_a.st_dev == about_b.st_dev &&
           about_a.st_ino == about_b.st_ino;
}

enum status export_weights(const char *to, const char *from, const struct export_options *options) {
    struct safetensors *file;
    if (same_file(to, from))
        return status_set(STATUS_USAGE,
                          "%s: the weights would take the place of the checkpoint, with which a run could "
                          "not go on; name another file",
                          to);
    TRY(safetensors_open(&file, from));
    struct export e = {.file = file, .options = options};
    enum status status = add_all(&e);
    if (status == STATUS_OK)
        status = write(&e, to);
    for (size_t i = 0; i < e.count; i++)
        free((void *)e.views[i].data);
    free(e.views);
    safetensors_close(file);
    return status;
}
