#include "base/stage.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFTOVER_ENDING ".part"

struct stage {
    char *path, *folder;
    int lock; /* of the folder, as long as it is written into; or -1 */
};

static enum status refuse_existing(const char *path) {
    return status_set(STATUS_INVALID, "%s: something is there already; remove it or choose another name",
                      path);
}

static int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    (void)!remove(path);
    return 0;
}

static void remove_folder(const char *folder) {
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ---- what killed programs have left ---- */

/* The lock of a folder, or -1 when another program holds it, or it cannot be had. It
 * ends with its program. */
static int take_lock(const char *folder) {
    const int lock = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
        return lock;
    if (lock >= 0)
        close(lock);
    return -1;
}

/* Is `name` that of a stage for a target of this name: "<target>.<digits>.part"? */
static bool is_leftover(const char *name, const char *target) {
    const size_t length = strlen(target);
    if (strncmp(name, target, length) != 0 || name[length] != '.')
        return false;
    const char *const number = name + length + 1;
    const size_t digits = strspn(number, "0123456789");
    return digits > 0 && strcmp(number + digits, LEFTOVER_ENDING) == 0;
}

/* Removes what it can: this is a courtesy, and no reason to fail. */
static void remove_leftovers(const struct file_names *names, const char *parent, const char *target) {
    for (size_t i = 0; i < names->count; i++) {
        char *folder;
        if (!is_leftover(names->names[i], target) || file_join(&folder, parent, names->names[i]) != STATUS_OK)
            continue;
        const int lock = take_lock(folder);
        if (lock >= 0) {
            remove_folder(folder);
            close(lock);
        }
        free(folder);
    }
}

static enum status clear_leftovers(const char *path) {
    const char *const target = file_name(path);
    struct file_names names;
    char *parent;
    TRY(memory_format(&parent, "%.*s", target > path ? (int)(target - path) : 2,
                      target > path ? path : "./"));
    if (file_list(&names, parent, LEFTOVER_ENDING) == STATUS_OK) {
        remove_leftovers(&names, parent, target);
        file_names_free(&names);
    }
    free(parent);
    return STATUS_OK;
}

/* ---- opening ---- */

static enum status make(struct stage *stage, const char *path) {
    struct stat about;
    TRY(memory_copy_text(&stage->path, path));
    for (size_t end = strlen(path); end > 1 && stage->path[end - 1] == '/'; end--)
        stage->path[end - 1] = '\0';
    if (lstat(stage->path, &about) == 0)
        return refuse_existing(path);
    TRY(clear_leftovers(stage->path));
    TRY(memory_format(&stage->folder, "%s.%ld" LEFTOVER_ENDING, stage->path, (long)getpid()));
    if (mkdir(stage->folder, 0777) == 0) {
        stage->lock = take_lock(stage->folder);
        return STATUS_OK;
    }
    const int error = errno;
    free(stage->folder); /* not ours to remove */
    stage->folder = NULL;
    return file_failure(path, "create", error);
}

enum status stage_open(struct stage **out, const char *path) {
    struct stage *stage;
    *out = NULL;
    TRY(memory_new(&stage, 1, sizeof *stage));
    stage->lock = -1;
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

void stage_discard(struct stage *stage) {
    if (stage == NULL)
        return;
    if (stage->folder != NULL)
        remove_folder(stage->folder);
    if (stage->lock >= 0)
        close(stage->lock);
    free(stage->folder);
    free(stage->path);
    free(stage);
}
