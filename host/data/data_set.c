/* data_set.c: several sources as one list of items. */
#include "base/file.h"
#include "base/memory.h"
#include "base/range.h"
#include "data/source.h"
#include "data/source_kind.h"
#include "data/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct member {
    struct source source;
    char *path, *name;
    double weight;
    size_t first;
};

struct data_set {
    struct member *members;
    size_t member_count, count;
};

/* The last part of a path, resolving "." and links to it when that part says nothing. */
static enum status last_part(char **name, const char *path) {
    char *const full = realpath(path, NULL);
    const char *const slash = full ? strrchr(full, '/') : NULL;
    const enum status code = memory_copy_text(name, slash != NULL && slash[1] != '\0' ? slash + 1 : path);
    free(full);
    return code;
}

static bool holds(const char *folder, const char *name) {
    char *path;
    if (file_join(&path, folder, name) != STATUS_OK)
        return false;
    const bool found = file_exists(path);
    free(path);
    return found;
}

/* Opens a label file by its own path. */
static enum status open_label_file(struct source *out, const char *path) {
    const char *const slash = strrchr(path, '/');
    char *folder;
    TRY(memory_format(&folder, "%.*s", slash ? (int)(slash - path + 1) : 2, slash ? path : "./"));
    const enum status code = source_open_labels(out, folder, slash ? slash + 1 : path);
    free(folder);
    return code;
}

/* What makes a folder a labelled one; the first that is there counts. */
static const char *const label_files[] = {"labels.tsv", "labels.txt", "gt.txt", "annotation.jsonl",
                                          "annotation.json"};

/* Finds out the kind of a source and opens it. */
static enum status open_source(struct source *out, const char *path) {
    static const char render[] = "render:";
    struct stat about;
    if (strncmp(path, render, sizeof render - 1) == 0)
        return source_open_render(out, path + sizeof render - 1);
    if (stat(path, &about) != 0)
        return status_set(STATUS_INVALID, "%s: %s; name a folder, a label file or render:count=N,seed=S",
                          path, strerror(errno));
    if (S_ISREG(about.st_mode))
        return open_label_file(out, path);
    if (!S_ISDIR(about.st_mode))
        return status_set(STATUS_INVALID, "%s: neither a folder nor a label file", path);
    for (size_t i = 0; i < sizeof label_files / sizeof label_files[0]; i++)
        if (holds(path, label_files[i]))
            return source_open_labels(out, path, label_files[i]);
    TRY(source_open_lmdb(out, path));
    return out->kind != NULL ? STATUS_OK : source_open_folder(out, path);
}

/* The weight behind the last '@' of a text, 0 when there is none; a file or folder of that name has none. */
static double weight_of(const char *text, size_t *length) {
    struct stat about;
    const char *const at = strrchr(text, '@');
    char *end;
    *length = strlen(text);
    if (at == NULL || stat(text, &about) == 0 || !(at[1] >= '0' && at[1] <= '9'))
        return 0;
    const double weight = strtod(at + 1, &end);
    if (*end != '\0')
        return 0;
    *length = (size_t)(at - text);
    return weight;
}

/* Splits "SOURCE@WEIGHT". */
static enum status take_weight(struct member *member, const char *text) {
    size_t length;
    const double weight = weight_of(text, &length);
    if (length < strlen(text) && !(weight > 0 && weight <= DATA_MOST_WEIGHT))
        return status_set(STATUS_USAGE, "%s: a weight is above 0 and at most %d", text, DATA_MOST_WEIGHT);
    member->weight = length < strlen(text) ? weight : 1;
    TRY(memory_copy_text(&member->path, text));
    member->path[length] = '\0';
    return STATUS_OK;
}

static enum status open_member(struct member *member, const char *text) {
    TRY(take_weight(member, text));
    const enum status status = open_source(&member->source, member->path);
    if (status != STATUS_OK) {
        free(member->path);
        member->path = NULL;
    }
    return status;
}

static enum status add_member(struct data_set *set, const char *text) {
    struct member *const member = &set->members[set->member_count];
    TRY(open_member(member, text));
    const char *const path = member->path;
    set->member_count++; /* from here on data_set_close() releases it */
    TRY(last_part(&member->name, path));
    member->first = set->count;
    if (member->source.count == 0)
        return status_set(STATUS_INVALID, "%s: no images in it", path);
    if (member->source.count > UINT32_MAX - set->count)
        return status_set(STATUS_INVALID, "%s: more than 2^32 - 1 images in all", path);
    set->count += member->source.count;
    return STATUS_OK;
}

enum status data_set_open(struct data_set **out, const char *const *paths, size_t count) {
    *out = NULL;
    if (count == 0)
        return status_set(STATUS_USAGE, "no data set is named; name one with --data");
    struct data_set *set;
    TRY(memory_new(&set, 1, sizeof *set));
    enum status code;
    TRY_GOTO(code, memory_new(&set->members, count, sizeof *set->members), failed);
    for (size_t i = 0; i < count; i++)
        TRY_GOTO(code, add_member(set, paths[i]), failed);
    *out = set;
    return STATUS_OK;
failed:
    data_set_close(set);
    return code;
}

void data_set_close(struct data_set *set) {
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->member_count; i++) {
        struct member *const member = &set->members[i];
        member->source.kind->close(member->source.state);
        free(member->path);
        free(member->name);
    }
    free(set->members);
    free(set);
}

size_t data_set_count(const struct data_set *set) {
    return set->count;
}

uint64_t data_set_epoch_count(const struct data_set *set) {
    uint64_t count = 0;
    for (size_t i = 0; i < set->member_count; i++)
        count += (uint64_t)round(set->members[i].weight * (double)set->members[i].source.count);
    return count;
}

size_t data_set_source_count(const struct data_set *set) {
    return set->member_count;
}

struct data_source_info data_set_source(const struct data_set *set, size_t source) {
    const struct member *const member = &set->members[source];
    return (struct data_source_info){
        .path = member->path,
        .name = member->name,
        .format = member->source.format,
        .weight = member->weight,
        .first = member->first,
        .count = member->source.count,
        .labelled = member->source.labelled,
        .understated = member->source.understated,
    };
}

/* The source of an item; *local is the item's index in it. NULL beyond the end. */
static const struct source *find(const struct data_set *set, size_t index, size_t *local) {
    if (index >= set->count)
        return NULL;
    const struct member *const member =
        &set->members[range_find(&set->members[0].first, sizeof set->members[0], set->member_count, index)];
    *local = index - member->first;
    return &member->source;
}

static enum status beyond(const struct data_set *set, size_t index) {
    return status_set(STATUS_INTERNAL, "item %zu of a data set of %zu", index, set->count);
}

enum status data_set_bytes(struct data_set *set, size_t index, char **bytes, size_t *size) {
    size_t local;
    const struct source *const source = find(set, index, &local);
    *bytes = NULL;
    *size = 0;
    return source ? source->kind->bytes(source->state, local, bytes, size) : beyond(set, index);
}

enum status data_set_decode(const struct data_set *set, size_t index, const char *bytes, size_t size,
                            struct data_image *image) {
    const enum status code = data_image_decode(image, bytes, size);
    if (code == STATUS_OK)
        return code;
    size_t local;
    const struct source *const source = find(set, index, &local);
    char *name;
    if (source == NULL || source->kind->item_name(source->state, local, &name) != STATUS_OK)
        return code;
    status_context(code, "%s", name);
    free(name);
    return code;
}

enum status data_set_read(struct data_set *set, size_t index, struct data_image *image) {
    size_t local, size;
    const struct source *const source = find(set, index, &local);
    *image = (struct data_image){0};
    if (source == NULL)
        return beyond(set, index);
    if (source->kind->read != NULL)
        return source->kind->read(source->state, local, image);
    char *bytes;
    TRY(source->kind->bytes(source->state, local, &bytes, &size));
    const enum status code = data_set_decode(set, index, bytes, size, image);
    free(bytes);
    return code;
}

enum status data_set_ink(struct data_set *set, size_t index, struct data_image *ink) {
    size_t local;
    const struct source *const source = find(set, index, &local);
    *ink = (struct data_image){0};
    if (source == NULL)
        return beyond(set, index);
    return source->kind->ink != NULL ? source->kind->ink(source->state, local, ink) : STATUS_OK;
}

enum status data_set_item_name(const struct data_set *set, size_t index, char **name) {
    size_t local;
    const struct source *const source = find(set, index, &local);
    *name = NULL;
    return source ? source->kind->item_name(source->state, local, name) : beyond(set, index);
}

enum status data_set_label(struct data_set *set, size_t index, char **label) {
    size_t local, size;
    const struct source *const source = find(set, index, &local);
    *label = NULL;
    if (source == NULL)
        return beyond(set, index);
    TRY(source->kind->label(source->state, local, label, &size));
    if (*label == NULL || data_text_valid(*label, size))
        return STATUS_OK;
    free(*label);
    *label = NULL;
    char *name;
    TRY(source->kind->item_name(source->state, local, &name));
    const enum status code = status_set(
        STATUS_INVALID, "%s: its label is not UTF-8 text without control characters; correct it", name);
    free(name);
    return code;
}
