#include "base/file.h"

#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status file_failure(const char *path, const char *deed, int error) {
    switch (error) {
    case ENOENT:
        return status_set(STATUS_INVALID, "%s: cannot %s: no such file or folder; check the path", path,
                          deed);
    case ENOTDIR:
        return status_set(STATUS_INVALID, "%s: cannot %s: a part of the path is not a folder; check the path",
                          path, deed);
    case EISDIR:
        return status_set(STATUS_INVALID, "%s: cannot %s: it is a folder; name a file", path, deed);
    case ENOSPC:
    case EDQUOT:
        return status_set(STATUS_IO,
                          "%s: cannot %s: the disk is full; free some space or choose another folder", path,
                          deed);
    case EFBIG:
        return status_set(STATUS_IO,
                          "%s: cannot %s: larger than files may be here (ulimit -f); raise the limit", path,
                          deed);
    case EACCES:
    case EPERM:
    case EROFS:
        return status_set(STATUS_IO, "%s: cannot %s: %s; choose another folder or change its permissions",
                          path, deed, strerror(error));
    default:
        return status_set(STATUS_IO, "%s: cannot %s: %s", path, deed, strerror(error));
    }
}

/* ---- reading ---- */

static enum status too_large(const char *path, size_t limit) {
    return status_set(STATUS_INVALID,
                      "%s: more than the %zu bytes that such a file may have; is it the right one?", path,
                      limit);
}

/* Reads until the end of the file; the size that the system states is only a first guess, since it is 0
 * for pipes and may change. */
static enum status read_all(char **bytes, size_t *size, int descriptor, const char *path, size_t limit) {
    struct stat about;
    if (fstat(descriptor, &about) != 0)
        return file_failure(path, "read", errno);
    if (S_ISDIR(about.st_mode))
        return file_failure(path, "read", EISDIR);
    if (S_ISREG(about.st_mode) && (uint64_t)about.st_size > limit)
        return too_large(path, limit);
    size_t capacity = 0;
    TRY(memory_reserve(bytes, &capacity, (size_t)about.st_size + 2, 1));
    for (*size = 0;;) {
        const ssize_t got = read(descriptor, *bytes + *size, capacity - *size - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return file_failure(path, "read", errno);
        if (got == 0)
            break;
        *size += (size_t)got;
        if (*size > limit)
            return too_large(path, limit);
        TRY(memory_reserve(bytes, &capacity, *size + 2, 1));
    }
    (*bytes)[*size] = '\0';
    return STATUS_OK;
}

enum status file_read(char **bytes, size_t *size, const char *path, size_t limit) {
    size_t length = 0;
    *bytes = NULL;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return file_failure(path, "open", errno);
    const enum status status = read_all(bytes, &length, descriptor, path, limit);
    close(descriptor);
    if (status != STATUS_OK) {
        free(*bytes);
        *bytes = NULL;
    }
    if (size != NULL)
        *size = length;
    return status;
}

/* ---- paths and folders ---- */

bool file_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0;
}

bool file_is_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

enum status file_make_folders(const char *path) {
    char *part;
    TRY(memory_copy_text(&part, path));
    enum status status = STATUS_OK;
    for (char *end = part; status == STATUS_OK && *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        const char kept = *end;
        *end = '\0';
        if (mkdir(part, 0777) != 0 && !file_is_folder(part))
            status = file_failure(part, "create the folder", errno == EEXIST ? ENOTDIR : errno);
        *end = kept;
    }
    free(part);
    return status;
}

enum status file_join(char **out, const char *folder, const char *name) {
    const char *const slash = folder[0] == '\0' || text_ends_with(folder, "/") ? "" : "/";
    return memory_format(out, "%s%s%s", folder, slash, name);
}

const char *file_name(const char *path) {
    const char *const slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum status list_entries(struct file_names *out, DIR *stream, const char *folder, const char *ending) {
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *const entry = readdir(stream);
        if (entry == NULL)
            break;
        const char *const name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !text_ends_with(name, ending))
            continue;
        TRY(memory_reserve(&out->names, &capacity, out->count + 1, sizeof *out->names));
        TRY(memory_copy_text(&out->names[out->count], name));
        out->count++;
    }
    if (errno != 0)
        return file_failure(folder, "list", errno);
    if (out->count > 0)
        qsort(out->names, out->count, sizeof *out->names, compare_names);
    return STATUS_OK;
}

enum status file_list(struct file_names *out, const char *folder, const char *ending) {
    *out = (struct file_names){0};
    DIR *const stream = opendir(folder);
    if (stream == NULL)
        return file_failure(folder, "list", errno);
    const enum status status = list_entries(out, stream, folder, ending);
    closedir(stream);
    if (status != STATUS_OK)
        file_names_free(out);
    return status;
}

void file_names_free(struct file_names *names) {
    for (size_t i = 0; i < names->count; i++)
        free(names->names[i]);
    free(names->names);
    *names = (struct file_names){0};
}
