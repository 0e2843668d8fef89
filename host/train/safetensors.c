#include "train/safetensors.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "tensors are read as the file's little-endian bytes");

enum { LENGTH_SIZE = 8, LONGEST_HEADER = 100000000 };

struct safetensors {
    char *path;
    int descriptor;
    uint64_t data_start, data_size;
    json_t *header; /* owns the names and the metadata */
    const json_t *metadata;
    struct safetensors_tensor *tensors; /* by offset */
    size_t count;
};

static const struct {
    const char *name;
    size_t size;
} types[SAFETENSORS_TYPE_COUNT] = {
    [SAFETENSORS_BOOL] = {"BOOL", 1},       [SAFETENSORS_U8] = {"U8", 1},
    [SAFETENSORS_I8] = {"I8", 1},           [SAFETENSORS_F8_E5M2] = {"F8_E5M2", 1},
    [SAFETENSORS_F8_E4M3] = {"F8_E4M3", 1}, [SAFETENSORS_U16] = {"U16", 2},
    [SAFETENSORS_I16] = {"I16", 2},         [SAFETENSORS_F16] = {"F16", 2},
    [SAFETENSORS_BF16] = {"BF16", 2},       [SAFETENSORS_U32] = {"U32", 4},
    [SAFETENSORS_I32] = {"I32", 4},         [SAFETENSORS_F32] = {"F32", 4},
    [SAFETENSORS_U64] = {"U64", 8},         [SAFETENSORS_I64] = {"I64", 8},
    [SAFETENSORS_F64] = {"F64", 8},
};

const char *safetensors_type_name(enum safetensors_type type) {
    return types[type].name;
}

size_t safetensors_type_size(enum safetensors_type type) {
    return types[type].size;
}

const char *safetensors_shape_text(uint32_t rank, const uint64_t *shape, char *out) {
    size_t used = (size_t)snprintf(out, SAFETENSORS_SHAPE_SIZE, "(");
    for (uint32_t i = 0; i < rank && i < SAFETENSORS_MAX_RANK; i++)
        used += (size_t)snprintf(out + used, SAFETENSORS_SHAPE_SIZE - used, "%s%llu", i ? "," : "",
                                 (unsigned long long)shape[i]);
    snprintf(out + used, SAFETENSORS_SHAPE_SIZE - used, ")");
    return out;
}

/* ---- the header ---- */

/* Reads `size` bytes at `offset`; fewer mean that the file was cut short. */
static enum status read_at(const struct safetensors *file, void *out, uint64_t size, uint64_t offset) {
    char *next = out;
    while (size > 0) {
        const ssize_t got = pread(file->descriptor, next, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_failure(file->path, "read", errno);
        if (got == 0)
            return status_set(STATUS_INVALID, "%s: truncated: it ends at byte %llu", file->path,
                              (unsigned long long)offset);
        next += got;
        offset += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return STATUS_OK;
}

static enum status parse_type(struct safetensors_tensor *tensor, const json_t *entry, const char *origin) {
    const char *word;
    TRY(json_need_text(&word, entry, "dtype", origin));
    for (size_t i = 0; i < SAFETENSORS_TYPE_COUNT; i++) {
        if (strcmp(word, types[i].name) == 0) {
            tensor->type = (enum safetensors_type)i;
            return STATUS_OK;
        }
    }
    return status_set(STATUS_INVALID, "%s: unknown dtype '%.20s'; convert the tensor to F32", origin, word);
}

static enum status parse_shape(struct safetensors_tensor *tensor, const json_t *entry, const char *origin) {
    json_t *shape;
    TRY(json_need_array(&shape, entry, "shape", origin));
    if (json_array_size(shape) > SAFETENSORS_MAX_RANK)
        return status_set(STATUS_INVALID, "%s: %zu dimensions; at most %d are supported", origin,
                          json_array_size(shape), SAFETENSORS_MAX_RANK);
    tensor->rank = (uint32_t)json_array_size(shape);
    tensor->elements = 1;
    for (uint32_t i = 0; i < tensor->rank; i++) {
        const json_t *const extent = json_array_get(shape, i);
        if (!json_is_integer(extent) || json_integer_value(extent) < 0)
            return status_set(STATUS_INVALID, "%s: dimension %u is not a count", origin, i);
        tensor->shape[i] = (uint64_t)json_integer_value(extent);
        if (__builtin_mul_overflow(tensor->elements, tensor->shape[i], &tensor->elements))
            return status_set(STATUS_INVALID, "%s: the shape's product overflows", origin);
    }
    if (__builtin_mul_overflow(tensor->elements, types[tensor->type].size, &tensor->bytes))
        return status_set(STATUS_INVALID, "%s: the shape's product overflows", origin);
    return STATUS_OK;
}

static enum status parse_offsets(struct safetensors_tensor *tensor, const json_t *entry, const char *origin,
                                 uint64_t data_size) {
    json_t *offsets;
    TRY(json_need_array(&offsets, entry, "data_offsets", origin));
    const json_t *const first = json_array_get(offsets, 0), *const second = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(second))
        return status_set(STATUS_INVALID, "%s: data_offsets are not two integers", origin);
    const json_int_t begin = json_integer_value(first), end = json_integer_value(second);
    if (begin < 0 || end < begin || (uint64_t)end > data_size)
        return status_set(STATUS_INVALID,
                          "%s: bytes %lld to %lld are outside of the file's %llu bytes of data", origin,
                          (long long)begin, (long long)end, (unsigned long long)data_size);
    if ((uint64_t)(end - begin) != tensor->bytes) {
        char shape[SAFETENSORS_SHAPE_SIZE];
        return status_set(STATUS_INVALID, "%s: %lld bytes, but %s of shape %s needs %llu", origin,
                          (long long)(end - begin), types[tensor->type].name,
                          safetensors_shape_text(tensor->rank, tensor->shape, shape),
                          (unsigned long long)tensor->bytes);
    }
    tensor->offset = (uint64_t)begin;
    return STATUS_OK;
}

static enum status parse_tensor(struct safetensors_tensor *tensor, const struct safetensors *file,
                                const char *name, const json_t *entry) {
    char origin[512];
    snprintf(origin, sizeof origin, "%.300s: tensor '%.150s'", file->path, name);
    if (!json_is_object(entry))
        return status_set(STATUS_INVALID, "%s: described by %s, expected an object", origin,
                          json_kind(entry));
    tensor->name = name;
    TRY(parse_type(tensor, entry, origin));
    TRY(parse_shape(tensor, entry, origin));
    return parse_offsets(tensor, entry, origin, file->data_size);
}

static int compare_offsets(const void *a, const void *b) {
    const struct safetensors_tensor *const x = a, *const y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    /* Empty tensors lie where the next one begins. */
    if ((x->bytes == 0) != (y->bytes == 0))
        return x->bytes == 0 ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* The tensors fill the data one after the other. */
static enum status check_layout(struct safetensors *file) {
    uint64_t end = 0;
    if (file->count > 0)
        qsort(file->tensors, file->count, sizeof *file->tensors, compare_offsets);
    for (size_t i = 0; i < file->count; i++) {
        struct safetensors_tensor *const tensor = &file->tensors[i];
        if (tensor->offset != end)
            return status_set(STATUS_INVALID, "%s: tensor '%.150s' %s the one before it", file->path,
                              tensor->name, tensor->offset < end ? "overlaps" : "leaves a hole after");
        end += tensor->bytes;
        tensor->offset += file->data_start;
    }
    if (end != file->data_size)
        return status_set(STATUS_INVALID, "%s: %llu bytes at the end belong to no tensor", file->path,
                          (unsigned long long)(file->data_size - end));
    return STATUS_OK;
}

static enum status check_metadata(const struct safetensors *file) {
    if (!json_is_object(file->metadata))
        return status_set(STATUS_INVALID, "%s: __metadata__ is %s, expected an object", file->path,
                          json_kind(file->metadata));
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)file->metadata, key, value) {
        if (!json_is_string(value))
            return status_set(STATUS_INVALID, "%s: __metadata__ '%.80s' is %s, expected a text", file->path,
                              key, json_kind(value));
    }
    return STATUS_OK;
}

static enum status parse_header(struct safetensors *file, const char *text, size_t size) {
    /* The format wants the brace first; it also saves parsing what is no such file at all. */
    if (size == 0 || text[0] != '{')
        return status_set(STATUS_INVALID, "%s: not a safetensors file: no JSON object in its header",
                          file->path);
    TRY(json_read_text(&file->header, text, size, file->path));
    TRY(memory_new(&file->tensors, json_object_size(file->header), sizeof *file->tensors));
    const char *name;
    json_t *entry;
    json_object_foreach(file->header, name, entry) {
        if (strcmp(name, "__metadata__") == 0) {
            file->metadata = entry;
            TRY(check_metadata(file));
            continue;
        }
        TRY(parse_tensor(&file->tensors[file->count], file, name, entry));
        file->count++;
    }
    return check_layout(file);
}

static enum status read_header(struct safetensors *file) {
    struct stat about;
    if (fstat(file->descriptor, &about) != 0)
        return file_failure(file->path, "read", errno);
    if (!S_ISREG(about.st_mode))
        return status_set(STATUS_INVALID, "%s: not a file; name a .safetensors file", file->path);
    uint64_t length; /* of the header */
    const uint64_t size = (uint64_t)about.st_size;
    if (size < LENGTH_SIZE)
        return status_set(STATUS_INVALID, "%s: truncated: %llu bytes cannot hold a header", file->path,
                          (unsigned long long)size);
    TRY(read_at(file, &length, LENGTH_SIZE, 0));
    if (length > LONGEST_HEADER)
        return status_set(STATUS_INVALID, "%s: not a safetensors file: its header would have %llu bytes",
                          file->path, (unsigned long long)length);
    if (length > size - LENGTH_SIZE)
        return status_set(STATUS_INVALID, "%s: truncated: the header has %llu bytes, the file %llu",
                          file->path, (unsigned long long)length, (unsigned long long)size);
    file->data_start = LENGTH_SIZE + length;
    file->data_size = size - file->data_start;
    char *text;
    TRY(memory_new(&text, length + 1, 1));
    enum status status = read_at(file, text, length, LENGTH_SIZE);
    if (status == STATUS_OK)
        status = parse_header(file, text, length);
    free(text);
    return status;
}

static enum status open_file(struct safetensors *file, const char *path) {
    TRY(memory_copy_text(&file->path, path));
    /* Without O_NONBLOCK a named pipe would keep the program waiting. */
    file->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->descriptor < 0)
        return file_failure(path, "open", errno);
    return read_header(file);
}

enum status safetensors_open(struct safetensors **out, const char *path) {
    *out = NULL;
    struct safetensors *file;
    TRY(memory_new(&file, 1, sizeof *file));
    file->descriptor = -1;
    const enum status status = open_file(file, path);
    if (status != STATUS_OK)
        safetensors_close(file);
    else
        *out = file;
    return status;
}

void safetensors_close(struct safetensors *file) {
    if (file == NULL)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    json_decref(file->header);
    free(file->tensors);
    free(file->path);
    free(file);
}

/* ---- what is in it ---- */

const char *safetensors_path(const struct safetensors *file) {
    return file->path;
}

size_t safetensors_count(const struct safetensors *file) {
    return file->count;
}

const struct safetensors_tensor *safetensors_at(const struct safetensors *file, size_t index) {
    return &file->tensors[index];
}

const struct safetensors_tensor *safetensors_find(const struct safetensors *file, const char *name) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->tensors[i].name, name) == 0)
            return &file->tensors[i];
    return NULL;
}

const char *safetensors_metadata(const struct safetensors *file, const char *key) {
    return json_string_value(json_object_get(file->metadata, key));
}

enum status safetensors_missing(const struct safetensors *file, const char *name, const char *expected) {
    struct text_near near = text_near_start(name);
    for (size_t i = 0; i < file->count; i++)
        text_near_offer(&near, file->tensors[i].name);
    char hint[TEXT_HINT_SIZE];
    return status_set(STATUS_INVALID, "%s: no tensor '%s' in it, expected %s%s", file->path, name, expected,
                      text_near_hint(&near, hint));
}

enum status safetensors_expect(const struct safetensors_tensor **out, const struct safetensors *file,
                               const char *name, uint32_t rank, const uint64_t *shape) {
    const struct safetensors_tensor *const tensor = safetensors_find(file, name);
    char found[SAFETENSORS_SHAPE_SIZE], wanted[SAFETENSORS_SHAPE_SIZE];
    safetensors_shape_text(rank, shape, wanted);
    *out = tensor;
    if (tensor == NULL)
        return safetensors_missing(file, name, wanted);
    if (tensor->rank == rank && (rank == 0 || memcmp(tensor->shape, shape, rank * sizeof *shape) == 0))
        return STATUS_OK;
    return status_set(STATUS_INVALID, "%s: tensor '%s' has shape %s, expected %s", file->path, name,
                      safetensors_shape_text(tensor->rank, tensor->shape, found), wanted);
}

enum status safetensors_read(const struct safetensors *file, const struct safetensors_tensor *tensor,
                             void *out) {
    return read_at(file, out, tensor->bytes, tensor->offset);
}
