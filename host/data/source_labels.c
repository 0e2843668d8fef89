/* source_labels.c: lists of labelled images: lines of text, lines of JSON, JSON documents. */
#include "base/file.h"
#include "base/memory.h"
#include "data/image_list.h"
#include "data/json_items.h"
#include "data/label_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LABEL_FILE_MAX = 1 << 30 }; /* bytes; ten million lines have about half */

/* Adds what one line says. `origin` is the file and the number of the line. */
typedef enum status add_line_function(struct image_list *list, char *line, size_t length, const char *origin);

static enum status add_text_line(struct image_list *list, char *line, size_t length, const char *origin) {
    (void)origin;
    const struct label_line item = label_line_parse(line, length);
    return image_list_add(list, item.path, item.path_size, item.label, item.label_size);
}

/* {"filename": path, "text": text}, or, as MMOCR 1.x has it, {"img_path": path,
 * "instances": [{"text": text}]}. */
static enum status add_object(struct image_list *list, const json_t *object, const char *origin) {
    const char *path, *label;
    const json_t *holder = object;
    if (json_object_get(object, "img_path") != NULL) {
        json_t *instances;
        TRY(json_need_text(&path, object, "img_path", origin));
        TRY(json_need_array(&instances, object, "instances", origin));
        if (json_array_size(instances) != 1)
            return status_set(STATUS_INVALID, "%s: %zu instances; an image of a word has one", origin,
                              json_array_size(instances));
        holder = json_array_get(instances, 0);
    } else {
        TRY(json_need_text(&path, object, "filename", origin));
    }
    TRY(json_need_text(&label, holder, "text", origin));
    return image_list_add(list, path, strlen(path), label, strlen(label));
}

static enum status add_json_line(struct image_list *list, char *line, size_t length, const char *origin) {
    json_t *object;
    TRY(json_read_text(&object, line, length, origin));
    const enum status code = add_object(list, object, origin);
    json_decref(object);
    return code;
}

static enum status add_lines(struct image_list *list, char *text, size_t size, const char *path,
                             add_line_function *add_line) {
    char *line = text, *const end = text + size;
    for (size_t number = 1; line < end; number++) {
        char *const newline = memchr(line, '\n', (size_t)(end - line));
        char *const next = newline ? newline + 1 : end;
        size_t length = (size_t)((newline ? newline : end) - line);
        length -= length > 0 && line[length - 1] == '\r';
        char *origin;
        TRY(memory_format(&origin, "%s:%zu", path, number));
        const enum status code = length > 0 ? add_line(list, line, length, origin) : STATUS_OK;
        free(origin);
        TRY(code);
        line = next;
    }
    return STATUS_OK;
}

static enum status add_document(struct image_list *list, const char *text, size_t size, const char *path) {
    struct json_items items = json_items_start(text, size, path);
    json_t *item;
    for (;;) {
        TRY(json_items_next(&items, &item));
        if (item == NULL)
            return STATUS_OK;
        char *origin;
        enum status code = memory_format(&origin, "%s: item %zu", path, items.number);
        if (code == STATUS_OK) {
            code = add_object(list, item, origin);
            free(origin);
        }
        json_decref(item);
        TRY(code);
    }
}

/* The ending of its name says how a file is written. */
static enum status add_file(struct image_list *list, char *text, size_t size, const char *path) {
    static const char mark[] = "\xEF\xBB\xBF"; /* the byte order mark some editors write */
    const char *const dot = strrchr(file_name(path), '.');
    if (size >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (dot != NULL && strcasecmp(dot, ".json") == 0)
        return add_document(list, text, size, path);
    const bool lines_of_json = dot != NULL && strcasecmp(dot, ".jsonl") == 0;
    return add_lines(list, text, size, path, lines_of_json ? add_json_line : add_text_line);
}

enum status source_open_labels(struct source *out, const char *root, const char *name) {
    struct image_list *list;
    char *path = NULL, *text = NULL;
    size_t size;
    TRY(image_list_new(&list, root));
    enum status code;
    TRY_GOTO(code, file_join(&path, root, name), failed);
    TRY_GOTO(code, file_read(&text, &size, path, LABEL_FILE_MAX), failed);
    if (memchr(text, '\0', size) != NULL) {
        code = status_set(STATUS_INVALID, "%s: no list of images: it has to be text in UTF-8", path);
        goto failed;
    }
    TRY_GOTO(code, add_file(list, text, size, path), failed);
    image_list_finish(list, "labelled folder", out);
    if (out->count == 0)
        code = status_set(STATUS_INVALID, "%s: no images are listed in it", path);
failed:
    free(path);
    free(text);
    if (code != STATUS_OK)
        image_list_free(list);
    return code;
}
