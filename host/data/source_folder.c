/* source_folder.c: images in folders, with a file of labels or without. */
#include "base/memory.h"
#include "data/file.h"
#include "data/source_kind.h"

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

/* One image: offsets of its path and its label into the texts; a label of NO_LABEL: none. */
struct item {
    size_t path, label, label_size;
};
static const size_t NO_LABEL = (size_t)-1;

struct folder {
    char *root; /* ends in '/' */
    char *texts;
    size_t texts_size, texts_capacity;
    struct item *items;
    size_t count, capacity;
};

static void folder_close(void *state) {
    struct folder *const folder = state;
    if (folder == NULL)
        return;
    free(folder->root);
    free(folder->texts);
    free(folder->items);
    free(folder);
}

static enum status folder_new(struct folder **out, const char *root) {
    TRY(memory_new(out, 1, sizeof **out));
    const size_t length = strlen(root);
    const enum status code =
        memory_format(&(*out)->root, "%s%s", root, length > 0 && root[length - 1] == '/' ? "" : "/");
    if (code != STATUS_OK)
        folder_close(*out);
    return code;
}

static enum status folder_item_name(void *state, size_t index, char **name) {
    const struct folder *const folder = state;
    const char *const path = folder->texts + folder->items[index].path;
    return memory_format(name, "%s%s", path[0] == '/' ? "" : folder->root, path);
}

static enum status folder_read(void *state, size_t index, struct data_image *image) {
    char *path;
    TRY(folder_item_name(state, index, &path));
    const enum status code = data_image_read(image, path);
    free(path);
    return code;
}

static enum status folder_label(void *state, size_t index, char **label, size_t *size) {
    const struct folder *const folder = state;
    const struct item *const item = &folder->items[index];
    *label = NULL;
    if (item->label == NO_LABEL)
        return STATUS_OK;
    *size = item->label_size;
    TRY(memory_new(label, item->label_size + 1, 1));
    memcpy(*label, folder->texts + item->label, item->label_size);
    return STATUS_OK;
}

static const struct source_kind labelled_kind = {"labelled folder", folder_close, folder_read, folder_label,
                                                 folder_item_name};
static const struct source_kind plain_kind = {"folder", folder_close, folder_read, folder_label,
                                              folder_item_name};

/* ---- with labels ---- */

/* Takes one line apart, putting a zero behind the path. The separator is the first tab, else the first space;
 * a line without either is a path without a label. */
static enum status add_line(struct folder *folder, char *line, size_t length) {
    if (length > 0 && line[length - 1] == '\r')
        line[--length] = '\0';
    if (length == 0)
        return STATUS_OK;
    char *separator = memchr(line, '\t', length);
    if (separator == NULL)
        separator = memchr(line, ' ', length);
    TRY(memory_reserve(&folder->items, &folder->capacity, folder->count + 1, sizeof *folder->items));
    struct item *const item = &folder->items[folder->count++];
    *item = (struct item){.path = (size_t)(line - folder->texts), .label = NO_LABEL};
    if (separator != NULL) {
        *separator = '\0';
        item->label_size = (size_t)(line + length - separator - 1);
        item->label = item->label_size > 0 ? (size_t)(separator + 1 - folder->texts) : NO_LABEL;
    }
    return STATUS_OK;
}

static enum status parse_labels(struct folder *folder) {
    static const char mark[] = "\xEF\xBB\xBF"; /* the byte order mark some editors write */
    char *line = folder->texts, *const end = folder->texts + folder->texts_size;
    if (folder->texts_size >= 3 && memcmp(line, mark, 3) == 0)
        line += 3;
    while (line < end) {
        char *const newline = memchr(line, '\n', (size_t)(end - line));
        char *const stop = newline ? newline : end;
        *stop = '\0'; /* data_file_read() left room behind the last line */
        TRY(add_line(folder, line, (size_t)(stop - line)));
        line = stop + 1;
    }
    return STATUS_OK;
}

enum status source_open_labels(struct source *out, const char *root, const char *file) {
    struct folder *folder;
    char *path = NULL;
    TRY(folder_new(&folder, root));
    enum status code;
    TRY_GOTO(code, memory_format(&path, "%s%s", folder->root, file), failed);
    TRY_GOTO(code, data_file_read(&folder->texts, &folder->texts_size, path, LABEL_FILE_MAX), failed);
    TRY_GOTO(code, parse_labels(folder), failed);
    if (folder->count == 0)
        code = status_set(STATUS_INVALID, "%s: no lines `path<TAB>text` in it", path);
failed:
    free(path);
    if (code != STATUS_OK) {
        folder_close(folder);
        return code;
    }
    *out = (struct source){&labelled_kind, folder, folder->count, folder->items[0].label != NO_LABEL};
    return STATUS_OK;
}

/* ---- without ---- */

static bool is_image_name(const char *name) {
    static const char *const endings[] = {".jpg", ".jpeg", ".png", ".bmp"};
    const char *const dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static enum status add_path(struct folder *folder, const char *path) {
    const size_t size = strlen(path) + 1;
    TRY(memory_reserve(&folder->texts, &folder->texts_capacity, folder->texts_size + size, 1));
    TRY(memory_reserve(&folder->items, &folder->capacity, folder->count + 1, sizeof *folder->items));
    memcpy(folder->texts + folder->texts_size, path, size);
    folder->items[folder->count++] = (struct item){.path = folder->texts_size, .label = NO_LABEL};
    folder->texts_size += size;
    return STATUS_OK;
}

static enum status scan(struct folder *folder, const char *below, int depth);

/* Adds one entry of a folder, or what is in it. `below` is the folder's path from the root, "" or "a/b/". */
static enum status add_entry(struct folder *folder, const char *below, const char *name, int depth) {
    char *path = NULL, *full = NULL;
    struct stat about;
    enum status code;
    TRY_GOTO(code, memory_format(&path, "%s%s", below, name), done);
    TRY_GOTO(code, memory_format(&full, "%s%s", folder->root, path), done);
    if (stat(full, &about) != 0)
        goto done; /* a link to nowhere */
    if (S_ISREG(about.st_mode) && is_image_name(name)) {
        code = add_path(folder, path);
    } else if (S_ISDIR(about.st_mode) && depth < DEPTH_MAX) {
        free(full);
        full = NULL;
        TRY_GOTO(code, memory_format(&full, "%s/", path), done);
        code = scan(folder, full, depth + 1);
    }
done:
    free(path);
    free(full);
    return code;
}

static enum status scan(struct folder *folder, const char *below, int depth) {
    char *full;
    TRY(memory_format(&full, "%s%s", folder->root, below));
    DIR *const directory = opendir(full);
    enum status code = STATUS_OK;
    if (directory == NULL)
        code = status_set(STATUS_IO, "%s: %s", full, strerror(errno));
    const struct dirent *entry;
    while (code == STATUS_OK && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            code = add_entry(folder, below, entry->d_name, depth);
    if (directory != NULL)
        closedir(directory);
    free(full);
    return code;
}

static int compare_paths(const void *left, const void *right, void *texts) {
    const struct item *const a = left, *const b = right;
    return strcmp((const char *)texts + a->path, (const char *)texts + b->path);
}

enum status source_open_folder(struct source *out, const char *root) {
    struct folder *folder;
    TRY(folder_new(&folder, root));
    enum status code = scan(folder, "", 0);
    if (code == STATUS_OK && folder->count == 0)
        code =
            status_set(STATUS_INVALID,
                       "%s: neither labels.tsv nor data.mdb nor .jpg, .jpeg, .png or .bmp files in it", root);
    if (code != STATUS_OK) {
        folder_close(folder);
        return code;
    }
    qsort_r(folder->items, folder->count, sizeof *folder->items, compare_paths, folder->texts);
    *out = (struct source){&plain_kind, folder, folder->count, false};
    return STATUS_OK;
}
