/* source_lmdb.c: the LMDB layout of the field: num-samples, image-%09d, label-%09d, counted from 1. */
#include "base/memory.h"
#include "data/lmdb_file.h"
#include "data/source_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 40, COUNT_MAX = 999999999 /* nine digits */, TEXT_MAX = 1 << 16 };

static void lmdb_close(void *state) {
    lmdb_file_close(state);
    free(state);
}

static void item_key(char key[KEY_SIZE], const char *kind, size_t index) {
    snprintf(key, KEY_SIZE, "%s-%09zu", kind, index + 1);
}

static enum status lmdb_item_name(void *state, size_t index, char **name) {
    const struct lmdb_file *const file = state;
    return memory_format(name, "%s: image-%09zu", file->path, index + 1);
}

static enum status lmdb_read(void *state, size_t index, struct data_image *image) {
    const struct lmdb_file *const file = state;
    char key[KEY_SIZE], *bytes;
    size_t size;
    item_key(key, "image", index);
    enum status code = lmdb_file_get(file, key, DATA_IMAGE_BYTES_MAX, &bytes, &size);
    if (code != STATUS_OK)
        return status_context(code, "%s", key);
    if (bytes == NULL)
        return status_set(STATUS_INVALID, "%s: %s is missing", file->path, key);
    code = data_image_decode(image, bytes, size);
    free(bytes);
    return code == STATUS_OK ? code : status_context(code, "%s: %s", file->path, key);
}

static enum status lmdb_label(void *state, size_t index, char **label, size_t *size) {
    char key[KEY_SIZE];
    item_key(key, "label", index);
    return lmdb_file_get(state, key, TEXT_MAX, label, size);
}

static const struct source_kind lmdb_kind = {lmdb_close, lmdb_read, lmdb_label, lmdb_item_name};

static enum status read_count(const struct lmdb_file *file, size_t *count) {
    char *text;
    size_t size;
    TRY(lmdb_file_get(file, "num-samples", TEXT_MAX, &text, &size));
    char *end = text;
    const unsigned long long number = text != NULL ? strtoull(text, &end, 10) : 0;
    const bool good = text != NULL && end > text && *end == '\0' && text[0] != '-' && number <= COUNT_MAX;
    free(text);
    if (!good)
        return status_set(STATUS_INVALID, "%s: num-samples is missing or no number up to %d", file->path,
                          COUNT_MAX);
    *count = (size_t)number;
    return STATUS_OK;
}

enum status source_open_lmdb(struct source *out, const char *folder) {
    struct lmdb_file *file;
    char *label = NULL;
    size_t count = 0, size;
    TRY(memory_new(&file, 1, sizeof *file));
    enum status code = lmdb_file_open(file, folder);
    if (code == STATUS_OK)
        code = read_count(file, &count);
    if (code == STATUS_OK)
        code = lmdb_label(file, 0, &label, &size);
    if (code != STATUS_OK) {
        lmdb_close(file);
        return code;
    }
    *out = (struct source){
        .kind = &lmdb_kind, .format = "LMDB", .state = file, .count = count, .labelled = label != NULL};
    free(label);
    return STATUS_OK;
}
