/* source_lmdb.c: the LMDB layout of the field: num-samples, image-%09d, label-%09d, counted from 1; one file,
 * or several below a folder as one. */
#include "base/file.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/lmdb_file.h"
#include "data/source_kind.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 40, COUNT_MAX = 999999999 /* nine digits */, TEXT_MAX = 1 << 16, DEPTH_MAX = 8 };

struct part {
    struct lmdb_file file;
    size_t first, count;
};

struct parts {
    struct part *part;
    size_t part_count, capacity, count;
};

static void lmdb_close(void *state) {
    struct parts *const parts = state;
    for (size_t i = 0; i < parts->part_count; i++)
        lmdb_file_close(&parts->part[i].file);
    free(parts->part);
    free(parts);
}

/* ---- items ---- */

/* An item's file, and its key in it. */
struct place {
    const struct lmdb_file *file;
    char key[KEY_SIZE];
};

static struct place find(const struct parts *parts, const char *kind, size_t index) {
    const struct part *const part =
        &parts->part[range_find(&parts->part[0].first, sizeof parts->part[0], parts->part_count, index)];
    struct place place = {.file = &part->file};
    snprintf(place.key, KEY_SIZE, "%s-%09zu", kind, index - part->first + 1);
    return place;
}

static enum status lmdb_item_name(void *state, size_t index, char **name) {
    const struct place place = find(state, "image", index);
    return memory_format(name, "%s: %s", place.file->path, place.key);
}

static enum status lmdb_bytes(void *state, size_t index, char **bytes, size_t *size) {
    const struct place place = find(state, "image", index);
    const enum status code = lmdb_file_get(place.file, place.key, DATA_IMAGE_BYTES_MAX, bytes, size);
    if (code != STATUS_OK)
        return status_context(code, "%s", place.key);
    if (*bytes == NULL)
        return status_set(STATUS_INVALID, "%s: %s is missing", place.file->path, place.key);
    return STATUS_OK;
}

static enum status lmdb_label(void *state, size_t index, char **label, size_t *size) {
    const struct place place = find(state, "label", index);
    return lmdb_file_get(place.file, place.key, TEXT_MAX, label, size);
}

static const struct source_kind lmdb_kind = {
    .close = lmdb_close, .bytes = lmdb_bytes, .label = lmdb_label, .item_name = lmdb_item_name};

/* ---- opening ---- */

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

static enum status add_part(struct parts *parts, const char *folder) {
    TRY(memory_reserve(&parts->part, &parts->capacity, parts->part_count + 1, sizeof *parts->part));
    struct part *const part = &parts->part[parts->part_count];
    TRY(lmdb_file_open(&part->file, folder));
    parts->part_count++; /* from here on lmdb_close() releases it */
    part->first = parts->count;
    TRY(read_count(&part->file, &part->count));
    parts->count += part->count;
    return STATUS_OK;
}

/* What may be a folder; links are not followed, so that none leads to the same file twice. */
static int may_be_folder(const struct dirent *entry) {
    return entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN);
}

static enum status add_parts(struct parts *parts, const char *folder, int depth);

/* Looks into the folders of a folder, in the order of their bytes. */
static enum status add_parts_below(struct parts *parts, const char *folder, int depth) {
    struct dirent **entries;
    enum status code = STATUS_OK;
    const int count = scandir(folder, &entries, may_be_folder, alphasort);
    if (count < 0)
        return file_failure(folder, "open", errno);
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (code == STATUS_OK)
            code = file_join(&path, folder, entries[i]->d_name);
        if (code == STATUS_OK && file_is_folder(path))
            code = add_parts(parts, path, depth + 1);
        free(path);
        free(entries[i]);
    }
    free(entries);
    return code;
}

static enum status add_parts(struct parts *parts, const char *folder, int depth) {
    char *file;
    TRY(file_join(&file, folder, "data.mdb"));
    const bool here = file_exists(file);
    free(file);
    if (here)
        return add_part(parts, folder);
    return depth < DEPTH_MAX ? add_parts_below(parts, folder, depth) : STATUS_OK;
}

/* Whether the first item has a label, and whether there is one behind the last of any part. */
static enum status look_around(const struct parts *parts, struct source *out) {
    char *value;
    size_t size;
    if (parts->count > 0) {
        TRY(lmdb_label((void *)parts, 0, &value, &size));
        out->labelled = value != NULL;
        free(value);
    }
    for (size_t i = 0; i < parts->part_count; i++) {
        char key[KEY_SIZE];
        snprintf(key, sizeof key, "image-%09zu", parts->part[i].count + 1);
        /* A damaged page there is no reason to refuse the items that are counted. */
        if (lmdb_file_get(&parts->part[i].file, key, DATA_IMAGE_BYTES_MAX, &value, &size) != STATUS_OK)
            continue;
        out->understated = out->understated || value != NULL;
        free(value);
    }
    return STATUS_OK;
}

enum status source_open_lmdb(struct source *out, const char *folder) {
    struct parts *parts;
    *out = (struct source){0};
    TRY(memory_new(&parts, 1, sizeof *parts));
    enum status code = add_parts(parts, folder, 0);
    if (code == STATUS_OK)
        code = look_around(parts, out);
    if (code != STATUS_OK || parts->part_count == 0) {
        lmdb_close(parts);
        return code;
    }
    out->kind = &lmdb_kind;
    out->state = parts;
    out->format = parts->part_count > 1 ? "LMDBs" : "LMDB";
    out->count = parts->count;
    return STATUS_OK;
}
