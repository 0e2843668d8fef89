/* source_files.c: lists of images from folders and from files of labels. */
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/image_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    LABEL_FILE_MAX = 1 << 30, /* bytes; ten million lines have about half */
    DEPTH_MAX = 32,           /* of folders in folders: a link to a parent must not hold us for ever */
};

/* ---- files of labels ---- */

/* Adds what one line says. `origin` is the file and the number of the line. */
typedef enum status add_line_function(struct image_list *list, const char *line, size_t length,
                                      const char *origin);

/* The separator is the first tab, else the first space; a line without either is a path without a label. */
static enum status add_text_line(struct image_list *list, const char *line, size_t length,
                                 const char *origin) {
    (void)origin;
    const char *separator = memchr(line, '\t', length);
    if (separator == NULL)
        separator = memchr(line, ' ', length);
    if (separator == NULL)
        return image_list_add(list, line, length, NULL, 0);
    const size_t path_size = (size_t)(separator - line);
    return image_list_add(list, line, path_size, separator + 1, length - path_size - 1);
}

static enum status add_object(struct image_list *list, const json_t *object, const char *origin) {
    const char *path, *label;
    TRY(json_need_text(&path, object, "filename", origin));
    TRY(json_need_text(&label, object, "text", origin));
    return image_list_add(list, path, strlen(path), label, strlen(label));
}

/* The annotations of Union14M: an object with "filename" and "text" per line. */
static enum status add_json_line(struct image_list *list, const char *line, size_t length,
                                 const char *origin) {
    json_t *object;
    TRY(json_read_text(&object, line, length, origin));
    const enum status code = add_object(list, object, origin);
    json_decref(object);
    return code;
}

static enum status add_lines(struct image_list *list, const char *text, size_t size, const char *path,
                             add_line_function *add_line) {
    static const char mark[] = "\xEF\xBB\xBF"; /* the byte order mark some editors write */
    const char *line = text, *const end = text + size;
    if (size >= 3 && memcmp(line, mark, 3) == 0)
        line += 3;
    for (size_t number = 1; line < end; number++) {
        const char *const newline = memchr(line, '\n', (size_t)(end - line));
        const char *const next = newline ? newline + 1 : end;
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

enum status source_open_labels(struct source *out, const char *root, const char *name) {
    const char *const dot = strrchr(name, '.');
    const bool json = dot != NULL && strcasecmp(dot, ".jsonl") == 0;
    struct image_list *list;
    char *path = NULL, *text = NULL;
    size_t size;
    TRY(image_list_new(&list, root));
    enum status code;
    TRY_GOTO(code, file_join(&path, root, name), failed);
    TRY_GOTO(code, file_read(&text, &size, path, LABEL_FILE_MAX), failed);
    TRY_GOTO(code, add_lines(list, text, size, path, json ? add_json_line : add_text_line), failed);
    image_list_finish(list, "labelled folder", out);
    if (out->count == 0)
        code = status_set(STATUS_INVALID, "%s: no lines `path<TAB>text` in it", path);
failed:
    free(path);
    free(text);
    if (code != STATUS_OK)
        image_list_free(list);
    return code;
}

/* ---- folders without labels ---- */

static bool is_image_name(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp"};
    const char *const dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

/* A folder that is being looked through: its path from here and from the root of the list ("" or "a/b/"). */
struct visit {
    const char *folder, *below;
    int depth;
};

static enum status scan(struct image_list *list, const struct visit *visit);

static enum status add_entry(struct image_list *list, const struct visit *visit, const char *name) {
    char *full = NULL, *below = NULL;
    struct stat about;
    enum status code;
    TRY_GOTO(code, file_join(&full, visit->folder, name), done);
    if (stat(full, &about) != 0)
        goto done; /* a link to nowhere */
    const bool folder = S_ISDIR(about.st_mode);
    TRY_GOTO(code, memory_format(&below, "%s%s%s", visit->below, name, folder ? "/" : ""), done);
    if (folder && visit->depth < DEPTH_MAX)
        code = scan(list, &(struct visit){full, below, visit->depth + 1});
    else if (S_ISREG(about.st_mode) && is_image_name(name))
        code = image_list_add(list, below, strlen(below), NULL, 0);
done:
    free(full);
    free(below);
    return code;
}

static enum status scan(struct image_list *list, const struct visit *visit) {
    DIR *const directory = opendir(visit->folder);
    if (directory == NULL)
        return file_failure(visit->folder, "open", errno);
    enum status code = STATUS_OK;
    const struct dirent *entry;
    while (code == STATUS_OK && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            code = add_entry(list, visit, entry->d_name);
    closedir(directory);
    return code;
}

enum status source_open_folder(struct source *out, const char *root) {
    struct image_list *list;
    TRY(image_list_new(&list, root));
    const enum status code = scan(list, &(struct visit){root, "", 0});
    if (code != STATUS_OK) {
        image_list_free(list);
        return code;
    }
    image_list_sort(list);
    image_list_finish(list, "folder", out);
    if (out->count > 0)
        return STATUS_OK;
    image_list_free(list);
    return status_set(
        STATUS_INVALID,
        "%s: no labels.tsv, annotation.jsonl or data.mdb, and no .jpg, .jpeg, .png or .bmp files in it",
        root);
}
