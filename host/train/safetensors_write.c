#include "train/safetensors.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* The order in which the tensors are written: larger elements first, otherwise as given. */
static void order_views(const struct safetensors_view **ordered, const struct safetensors_view *views,
                        size_t count) {
    size_t next = 0;
    for (size_t size = 8; size > 0; size /= 2)
        for (size_t i = 0; i < count; i++)
            if (safetensors_type_size(views[i].type) == size)
                ordered[next++] = &views[i];
}

static enum status view_bytes(uint64_t *bytes, const struct safetensors_view *view) {
    *bytes = safetensors_type_size(view->type);
    if (view->rank > SAFETENSORS_MAX_RANK)
        return status_set(STATUS_INTERNAL, "tensor '%s' has %u dimensions", view->name, view->rank);
    for (uint32_t i = 0; i < view->rank; i++)
        if (__builtin_mul_overflow(*bytes, view->shape[i], bytes))
            return status_set(STATUS_INTERNAL, "tensor '%s': the shape's product overflows", view->name);
    return STATUS_OK;
}

/* Adds a value that the header then owns. */
static enum status add(json_t *object, const char *key, json_t *value) {
    if (json_object_get(object, key) != NULL) {
        json_decref(value);
        return status_set(STATUS_INVALID, "the name '%s' comes twice", key);
    }
    if (value == NULL || json_object_set_new(object, key, value) != 0)
        return status_set(STATUS_INVALID, "the name '%.80s' or its value is not UTF-8, or memory ran out",
                          key);
    return STATUS_OK;
}

static enum status describe(json_t *header, const struct safetensors_view *view, uint64_t *end) {
    uint64_t bytes;
    TRY(view_bytes(&bytes, view));
    json_t *const shape = json_array();
    for (uint32_t i = 0; i < view->rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)view->shape[i]));
    json_t *const entry =
        json_pack("{s:s, s:o, s:[I,I]}", "dtype", safetensors_type_name(view->type), "shape", shape,
                  "data_offsets", (json_int_t)*end, (json_int_t)(*end + bytes));
    *end += bytes;
    return add(header, view->name, entry);
}

static enum status fill_header(json_t *header, const struct safetensors_view **views, size_t view_count,
                               const struct safetensors_pair *pairs, size_t pair_count) {
    if (pair_count > 0) {
        json_t *const metadata = json_object();
        TRY(add(header, "__metadata__", metadata));
        for (size_t i = 0; i < pair_count; i++)
            TRY(add(metadata, pairs[i].key, json_string(pairs[i].value)));
    }
    uint64_t end = 0;
    for (size_t i = 0; i < view_count; i++)
        TRY(describe(header, views[i], &end));
    return STATUS_OK;
}

/* The header's text, padded with spaces so that the data behind it are aligned to 8 bytes. */
static enum status header_text(char **out, const struct safetensors_view **views, size_t view_count,
                               const struct safetensors_pair *pairs, size_t pair_count) {
    *out = NULL;
    json_t *const header = json_object();
    enum status status = fill_header(header, views, view_count, pairs, pair_count);
    char *text = NULL;
    if (status == STATUS_OK) {
        text = json_dumps(header, JSON_COMPACT);
        if (text == NULL)
            status = status_set(STATUS_MEMORY, "out of memory while writing a header");
    }
    json_decref(header);
    if (status == STATUS_OK) {
        const size_t length = strlen(text);
        status = memory_format(out, "%s%*s", text, (int)((8 - length % 8) % 8), "");
    }
    free(text);
    return status;
}

static enum status put_all(struct file_writer *writer, const char *header,
                           const struct safetensors_view **views, size_t view_count) {
    const uint64_t length = strlen(header);
    TRY(file_writer_put(writer, &length, sizeof length));
    TRY(file_writer_put(writer, header, length));
    for (size_t i = 0; i < view_count; i++) {
        uint64_t bytes;
        TRY(view_bytes(&bytes, views[i]));
        TRY(file_writer_put(writer, views[i]->data, bytes));
    }
    return STATUS_OK;
}

static enum status write_file(const char *path, const char *header, const struct safetensors_view **views,
                              size_t view_count) {
    struct file_writer *writer;
    TRY(file_writer_open(&writer, path));
    const enum status status = put_all(writer, header, views, view_count);
    if (status == STATUS_OK)
        return file_writer_commit(writer);
    file_writer_discard(writer);
    return status;
}

enum status safetensors_write(const char *path, const struct safetensors_view *views, size_t view_count,
                              const struct safetensors_pair *pairs, size_t pair_count) {
    const struct safetensors_view **ordered;
    char *header = NULL;
    TRY(memory_new(&ordered, view_count, sizeof *ordered));
    order_views(ordered, views, view_count);
    enum status status = header_text(&header, ordered, view_count, pairs, pair_count);
    if (status != STATUS_OK)
        status = status_context(status, "%s: cannot be written", path);
    else
        status = write_file(path, header, ordered, view_count);
    free(header);
    free(ordered);
    return status;
}
