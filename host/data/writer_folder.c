/* writer_folder.c: image files, and a list of them as lines of text or of JSON. */
#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "data/image.h"
#include "data/writer_kind.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_PER_FOLDER = 1000, PATH_SIZE = 64 };

/* Writes the line of one image. */
typedef enum status put_line_function(FILE *file, const char *path, const char *label);

struct list {
    char *folder, *path; /* of the list itself */
    FILE *file;
    put_line_function *put_line;
};

/* Whoever calls it looks at the stream's error. */
static enum status put_text_line(FILE *file, const char *path, const char *label) {
    fprintf(file, label ? "%s\t%s\n" : "%s\n", path, label);
    return STATUS_OK;
}

static enum status put_json_line(FILE *file, const char *path, const char *label) {
    char *line;
    json_t *const object = json_pack("{s:s, s:s}", "filename", path, "text", label ? label : "");
    const enum status code = json_write_text(&line, object);
    json_decref(object);
    TRY(code);
    fprintf(file, "%s\n", line);
    free(line);
    return STATUS_OK;
}

static void list_abandon(void *state) {
    struct list *const list = state;
    if (list->file != NULL)
        fclose(list->file);
    free(list->folder);
    free(list->path);
    free(list);
}

static enum status make_folder(const char *folder, const char *name) {
    char *path;
    TRY(file_join(&path, folder, name));
    const int error = mkdir(path, 0777) == 0 ? 0 : errno;
    const enum status code = error == 0 ? STATUS_OK : file_failure(path, "create", error);
    free(path);
    return code;
}

static enum status list_open(void **state, const char *folder, const char *name,
                             put_line_function *put_line) {
    struct list *list;
    TRY(memory_new(&list, 1, sizeof *list));
    list->put_line = put_line;
    enum status code;
    TRY_GOTO(code, memory_copy_text(&list->folder, folder), failed);
    TRY_GOTO(code, file_join(&list->path, folder, name), failed);
    TRY_GOTO(code, make_folder(folder, "images"), failed);
    list->file = fopen(list->path, "wx");
    if (list->file == NULL)
        TRY_GOTO(code, file_failure(list->path, "create", errno), failed);
    *state = list;
    return STATUS_OK;
failed:
    list_abandon(list);
    return code;
}

static enum status text_open(void **state, const char *folder) {
    return list_open(state, folder, "labels.tsv", put_text_line);
}

static enum status jsonl_open(void **state, const char *folder) {
    return list_open(state, folder, "annotation.jsonl", put_json_line);
}

static enum status write_file(const char *folder, const char *name, const struct data_item *item) {
    char *path;
    TRY(file_join(&path, folder, name));
    FILE *const file = fopen(path, "wx");
    bool good = file != NULL && fwrite(item->bytes, 1, item->size, file) == item->size;
    int error = errno;
    if (file != NULL && fclose(file) != 0 && good) {
        good = false;
        error = errno;
    }
    const enum status code = good ? STATUS_OK : file_failure(path, "write", error);
    free(path);
    return code;
}

static enum status list_put(void *state, size_t number, const struct data_item *item) {
    struct list *const list = state;
    const char *const ending = data_image_ending(item->bytes, item->size);
    if (ending == NULL)
        return status_set(STATUS_INVALID, "image %zu is no JPEG, PNG or BMP", number);
    char path[PATH_SIZE];
    if (number % FILES_PER_FOLDER == 1) {
        snprintf(path, sizeof path, "images/%06zu", number / FILES_PER_FOLDER);
        TRY(make_folder(list->folder, path));
    }
    snprintf(path, sizeof path, "images/%06zu/%09zu%s", (number - 1) / FILES_PER_FOLDER, number, ending);
    TRY(write_file(list->folder, path, item));
    TRY(list->put_line(list->file, path, item->label));
    return ferror(list->file) ? file_failure(list->path, "write", errno) : STATUS_OK;
}

static enum status list_finish(void *state, size_t count) {
    struct list *const list = state;
    (void)count;
    FILE *const file = list->file;
    list->file = NULL;
    /* The file system at once: a call for each of millions of files takes longer than writing them. */
    if (fflush(file) != 0 || syncfs(fileno(file)) != 0) {
        const int error = errno;
        fclose(file);
        return file_failure(list->path, "flush", error);
    }
    return fclose(file) == 0 ? STATUS_OK : file_failure(list->path, "write", errno);
}

const struct writer_kind writer_folder = {text_open, list_put, list_finish, list_abandon};
const struct writer_kind writer_jsonl = {jsonl_open, list_put, list_finish, list_abandon};
