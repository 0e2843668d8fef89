#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFTOVER_ENDING ".part"

static enum status write_all(int descriptor, const char *path, const void *bytes, size_t size) {
    const char *next = bytes;
    while (size > 0) {
        const ssize_t put = write(descriptor, next, size);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return file_failure(path, "write", errno);
        next += put;
        size -= (size_t)put;
    }
    return STATUS_OK;
}

enum status file_remove_leftovers(const char *folder) {
    struct file_names names;
    TRY(file_list(&names, folder, LEFTOVER_ENDING));
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < names.count; i++) {
        char *path = NULL;
        status = file_join(&path, folder, names.names[i]);
        if (status == STATUS_OK && unlink(path) != 0 && errno != ENOENT)
            status = file_failure(path, "remove", errno);
        free(path);
    }
    file_names_free(&names);
    return status;
}

/* ---- replacing ---- */

struct file_writer {
    char *path;      /* the target, links resolved */
    char *temporary; /* what is written until the commit; null when the target is a device or a pipe */
    int descriptor;
};

static void release(struct file_writer *writer) {
    if (writer->descriptor >= 0)
        close(writer->descriptor);
    free(writer->temporary);
    free(writer->path);
    free(writer);
}

/* Creates the file beside the target, with the target's permissions where there is one. */
static enum status open_temporary(struct file_writer *writer, const struct stat *target) {
    static atomic_uint counter;
    for (int attempt = 0; attempt < 100; attempt++) {
        free(writer->temporary);
        writer->temporary = NULL;
        TRY(memory_format(&writer->temporary, "%s.%ld-%u" LEFTOVER_ENDING, writer->path, (long)getpid(),
                          atomic_fetch_add(&counter, 1)));
        writer->descriptor = open(writer->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (writer->descriptor >= 0) {
            if (target != NULL)
                (void)!fchmod(writer->descriptor, target->st_mode & 07777); /* a courtesy, no more */
            return STATUS_OK;
        }
        if (errno != EEXIST)
            break;
    }
    const int error = errno;
    free(writer->temporary); /* not ours to remove */
    writer->temporary = NULL;
    return file_failure(writer->path, "create", error);
}

static enum status open_target(struct file_writer *writer, const char *path) {
    struct stat about;
    const bool there = stat(path, &about) == 0;
    if (there && S_ISDIR(about.st_mode))
        return file_failure(path, "write", EISDIR);
    if (there && !S_ISREG(about.st_mode)) {
        TRY(memory_copy_text(&writer->path, path));
        writer->descriptor = open(path, O_WRONLY | O_CLOEXEC);
        return writer->descriptor < 0 ? file_failure(path, "open", errno) : STATUS_OK;
    }
    char *const resolved = there ? realpath(path, NULL) : NULL;
    if (resolved != NULL)
        writer->path = resolved;
    else
        TRY(memory_copy_text(&writer->path, path));
    return open_temporary(writer, there ? &about : NULL);
}

enum status file_writer_open(struct file_writer **out, const char *path) {
    *out = NULL;
    struct file_writer *writer;
    TRY(memory_new(&writer, 1, sizeof *writer));
    writer->descriptor = -1;
    const enum status status = open_target(writer, path);
    if (status != STATUS_OK)
        release(writer);
    else
        *out = writer;
    return status;
}

enum status file_writer_put(struct file_writer *writer, const void *bytes, size_t size) {
    return write_all(writer->descriptor, writer->path, bytes, size);
}

/* Makes the new name itself last: a rename is an entry of the folder. */
static enum status flush_folder(const char *path) {
    char *folder;
    TRY(memory_copy_text(&folder, path));
    char *const slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    const int descriptor = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = 0;
    /* Some file systems cannot flush a folder and say EINVAL: nothing is left to be done there. */
    if (descriptor >= 0 && fsync(descriptor) != 0 && errno != EINVAL && errno != ENOTSUP)
        error = errno;
    if (descriptor >= 0)
        close(descriptor);
    free(folder);
    return error ? file_failure(path, "flush", error) : STATUS_OK;
}

static enum status commit(struct file_writer *writer) {
    if (writer->temporary != NULL && fsync(writer->descriptor) != 0)
        return file_failure(writer->path, "flush", errno);
    const int descriptor = writer->descriptor;
    writer->descriptor = -1;
    if (close(descriptor) != 0)
        return file_failure(writer->path, "write", errno);
    if (writer->temporary == NULL)
        return STATUS_OK;
    if (rename(writer->temporary, writer->path) != 0)
        return file_failure(writer->path, "replace", errno);
    free(writer->temporary);
    writer->temporary = NULL;
    return flush_folder(writer->path);
}

enum status file_writer_commit(struct file_writer *writer) {
    const enum status status = commit(writer);
    file_writer_discard(writer);
    return status;
}

void file_writer_discard(struct file_writer *writer) {
    if (writer == NULL)
        return;
    if (writer->temporary != NULL)
        unlink(writer->temporary);
    release(writer);
}

enum status file_replace(const char *path, const void *bytes, size_t size) {
    struct file_writer *writer;
    TRY(file_writer_open(&writer, path));
    const enum status status = file_writer_put(writer, bytes, size);
    if (status == STATUS_OK)
        return file_writer_commit(writer);
    file_writer_discard(writer);
    return status;
}

/* ---- appending ---- */

struct file_log {
    char *path;
    int descriptor;
};

/* Ends an unfinished last line. Devices and pipes have no last line to look at. */
static enum status end_last_line(const struct file_log *log) {
    struct stat about;
    char last;
    if (fstat(log->descriptor, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size == 0)
        return STATUS_OK;
    if (pread(log->descriptor, &last, 1, about.st_size - 1) != 1 || last == '\n')
        return STATUS_OK;
    return write_all(log->descriptor, log->path, "\n", 1);
}

static enum status open_log(struct file_log *log, const char *path) {
    TRY(memory_copy_text(&log->path, path));
    log->descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (log->descriptor < 0)
        return file_failure(path, "open", errno);
    return end_last_line(log);
}

enum status file_log_open(struct file_log **out, const char *path) {
    *out = NULL;
    struct file_log *log;
    TRY(memory_new(&log, 1, sizeof *log));
    log->descriptor = -1;
    const enum status status = open_log(log, path);
    if (status != STATUS_OK)
        file_log_close(log);
    else
        *out = log;
    return status;
}

enum status file_log_line(struct file_log *log, const char *line) {
    char *text;
    TRY(memory_format(&text, "%s\n", line));
    const enum status status = write_all(log->descriptor, log->path, text, strlen(text));
    free(text);
    return status;
}

void file_log_close(struct file_log *log) {
    if (log == NULL)
        return;
    if (log->descriptor >= 0)
        close(log->descriptor);
    free(log->path);
    free(log);
}
