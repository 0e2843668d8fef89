#include "data/image_list.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* One image: offsets into the texts. */
struct item {
    size_t path;  /* ends in a zero */
    size_t label; /* of label_size bytes; none when that is 0 */
    size_t label_size;
};

struct image_list {
    char *root; /* ends in '/' */
    char *texts;
    size_t texts_size, texts_capacity;
    struct item *items;
    size_t count, capacity;
};

void image_list_free(struct image_list *list) {
    if (list == NULL)
        return;
    free(list->root);
    free(list->texts);
    free(list->items);
    free(list);
}

enum status image_list_new(struct image_list **out, const char *root) {
    TRY(memory_new(out, 1, sizeof **out));
    const size_t length = strlen(root);
    const bool slash = length > 0 && root[length - 1] == '/';
    const enum status code = memory_format(&(*out)->root, "%s%s", root, slash ? "" : "/");
    if (code != STATUS_OK)
        image_list_free(*out);
    return code;
}

/* Appends bytes and a zero to the texts; *offset is where they start. */
static enum status add_text(struct image_list *list, const char *text, size_t size, size_t *offset) {
    TRY(memory_reserve(&list->texts, &list->texts_capacity, list->texts_size + size + 1, 1));
    *offset = list->texts_size;
    memcpy(list->texts + *offset, text, size);
    list->texts[*offset + size] = '\0';
    list->texts_size += size + 1;
    return STATUS_OK;
}

enum status image_list_add(struct image_list *list, const char *path, size_t path_size, const char *label,
                           size_t label_size) {
    struct item item = {.label_size = label_size};
    TRY(add_text(list, path, path_size, &item.path));
    if (label_size > 0)
        TRY(add_text(list, label, label_size, &item.label));
    TRY(memory_reserve(&list->items, &list->capacity, list->count + 1, sizeof *list->items));
    list->items[list->count++] = item;
    return STATUS_OK;
}

static int compare_paths(const void *left, const void *right, void *texts) {
    const struct item *const a = left, *const b = right;
    return strcmp((const char *)texts + a->path, (const char *)texts + b->path);
}

void image_list_sort(struct image_list *list) {
    if (list->count > 1)
        qsort_r(list->items, list->count, sizeof *list->items, compare_paths, list->texts);
}

/* ---- the kind of source ---- */

static void list_close(void *state) {
    image_list_free(state);
}

static enum status list_item_name(void *state, size_t index, char **name) {
    const struct image_list *const list = state;
    const char *const path = list->texts + list->items[index].path;
    return memory_format(name, "%s%s", path[0] == '/' ? "" : list->root, path);
}

static enum status list_bytes(void *state, size_t index, char **bytes, size_t *size) {
    char *path;
    TRY(list_item_name(state, index, &path));
    const enum status code = data_image_bytes(bytes, size, path);
    free(path);
    return code;
}

static enum status list_label(void *state, size_t index, char **label, size_t *size) {
    const struct image_list *const list = state;
    const struct item *const item = &list->items[index];
    *label = NULL;
    *size = item->label_size;
    if (item->label_size == 0)
        return STATUS_OK;
    TRY(memory_new(label, item->label_size + 1, 1));
    memcpy(*label, list->texts + item->label, item->label_size);
    return STATUS_OK;
}

static const struct source_kind list_kind = {
    .close = list_close, .bytes = list_bytes, .label = list_label, .item_name = list_item_name};

void image_list_finish(struct image_list *list, const char *format, struct source *out) {
    *out = (struct source){
        .kind = &list_kind,
        .format = format,
        .state = list,
        .count = list->count,
        .labelled = list->count > 0 && list->items[0].label_size > 0,
    };
}
