#include "base/stage.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct stage {
    char *path, *folder;
};

static enum status refuse_existing(const char *path) {
    return status_set(STATUS_INVALID, "%s: something is there already; remove it or choose another name",
                      path);
}

static enum status make(struct stage *stage, const char *path) {
    struct stat about;
    TRY(memory_copy_text(&stage->path, path));
    for (size_t end = strlen(path); end > 1 && stage->path[end - 1] == '/'; end--)
        stage->path[end - 1] = '\0';
    if (lstat(stage->path, &about) == 0)
        return refuse_existing(path);
    TRY(memory_format(&stage->folder, "%s.%ld.part", stage->path, (long)getpid()));
    if (mkdir(stage->folder, 0777) == 0)
        return STATUS_OK;
    const int error = errno;
    free(stage->folder); /* not ours to remove */
    stage->folder = NULL;
    return file_failure(path, "create", error);
}

enum status stage_open(struct stage **out, const char *path) {
    struct stage *stage;
    *out = NULL;
    TRY(memory_new(&stage, 1, sizeof *stage));
    const enum status status = make(stage, path);
    if (status != STATUS_OK)
        stage_discard(stage);
    else
        *out = stage;
    return status;
}

const char *stage_folder(const struct stage *stage) {
    return stage->folder;
}

/* Makes the names in a folder last; some file systems cannot and say EINVAL. */
static enum status flush(const char *folder) {
    const int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return file_failure(folder, "open", errno);
    const int error = fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno;
    close(descriptor);
    return error == 0 ? STATUS_OK : file_failure(folder, "flush", error);
}

/* Renames without replacing; file systems that cannot promise that say EINVAL. */
static int rename_new(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EINVAL || errno == ENOSYS)
        return file_exists(to) ? EEXIST : rename(from, to) == 0 ? 0 : errno;
    return errno;
}

enum status stage_commit(struct stage *stage) {
    enum status status = flush(stage->folder);
    const int error = status == STATUS_OK ? rename_new(stage->folder, stage->path) : 0;
    if (error == EEXIST)
        status = refuse_existing(stage->path);
    else if (error != 0)
        status = file_failure(stage->path, "create", error);
    if (status == STATUS_OK) {
        free(stage->folder);
        stage->folder = NULL;
    }
    stage_discard(stage);
    return status;
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    (void)!remove(path);
    return 0;
}

void stage_discard(struct stage *stage) {
    if (stage == NULL)
        return;
    if (stage->folder != NULL)
        nftw(stage->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(stage->folder);
    free(stage->path);
    free(stage);
}
