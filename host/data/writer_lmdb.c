/* writer_lmdb.c: the LMDB layout of the field, by liblmdb. */
#include "base/file.h"
#include "base/memory.h"
#include "data/writer_kind.h"

#include <errno.h>
#include <lmdb.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_SIZE = 40,
    PAGES_PER_PUT = 16, /* of the tree: more than any put copies or splits */
};

/* Bytes of the map at first, and at most between commits: what is not committed lies in memory. */
static const size_t portion = (size_t)64 << 20;

struct base {
    char *folder;
    MDB_env *environment;
    MDB_txn *transaction; /* open between puts */
    MDB_dbi table;
    size_t map, page;
    size_t used, pending; /* bytes: committed, and at most what came since */
};

/* liblmdb gives errnos and negative codes of its own. */
static enum status failure(const struct base *base, int error) {
    if (error == EIO) /* also what it makes of a write that the disk took a part of */
        return status_set(
            STATUS_IO,
            "%s: cannot write: the disk is full, or fails; free some space or choose another folder",
            base->folder);
    if (error > 0)
        return file_failure(base->folder, "write", error);
    return status_set(STATUS_IO, "%s: %s", base->folder, mdb_strerror(error));
}

static void lmdb_abandon(void *state) {
    struct base *const base = state;
    if (base->transaction != NULL)
        mdb_txn_abort(base->transaction);
    if (base->environment != NULL)
        mdb_env_close(base->environment);
    free(base->folder);
    free(base);
}

static enum status begin(struct base *base) {
    const int error = mdb_txn_begin(base->environment, NULL, 0, &base->transaction);
    return error == 0 ? STATUS_OK : failure(base, error);
}

static enum status commit(struct base *base) {
    MDB_envinfo info;
    const int error = mdb_txn_commit(base->transaction);
    base->transaction = NULL;
    if (error != 0)
        return failure(base, error);
    mdb_env_info(base->environment, &info);
    base->used = (info.me_last_pgno + 1) * base->page;
    base->pending = 0;
    return STATUS_OK;
}

/* Only one process writes, and nothing counts before the end, so that there is neither a lock nor a flush. */
static int open_environment(struct base *base) {
    MDB_stat about;
    int error = mdb_env_create(&base->environment);
    if (error == 0)
        error = mdb_env_set_mapsize(base->environment, base->map);
    if (error == 0)
        error = mdb_env_open(base->environment, base->folder, MDB_NOLOCK | MDB_NOSYNC, 0666);
    if (error == 0)
        error = mdb_env_stat(base->environment, &about);
    base->page = error == 0 ? about.ms_psize : 0;
    if (error == 0)
        error = mdb_txn_begin(base->environment, NULL, 0, &base->transaction);
    return error != 0 ? error : mdb_dbi_open(base->transaction, NULL, 0, &base->table);
}

static enum status lmdb_open(void **state, const char *folder) {
    struct base *base;
    TRY(memory_new(&base, 1, sizeof *base));
    base->map = portion;
    enum status code = memory_copy_text(&base->folder, folder);
    const int error = code == STATUS_OK ? open_environment(base) : 0;
    if (error != 0)
        code = failure(base, error);
    if (code != STATUS_OK)
        lmdb_abandon(base);
    else
        *state = base;
    return code;
}

/* Makes sure that a value finds room. The map can only grow between transactions, and a put that
 * finds it full spoils its transaction; so it is looked at before, with an upper bound of what was
 * put since the last commit. */
static enum status make_room(struct base *base, size_t size) {
    const size_t need = size + (PAGES_PER_PUT + 1) * base->page;
    if (base->pending + need > portion || base->used + base->pending + need > base->map) {
        TRY(commit(base));
        size_t map = base->map;
        while (base->used + need > map / 2) {
            if (map > SIZE_MAX / 2)
                return status_set(STATUS_IO, "%s: too large for this machine's addresses", base->folder);
            map *= 2;
        }
        const int error = map > base->map ? mdb_env_set_mapsize(base->environment, map) : 0;
        if (error != 0)
            return failure(base, error);
        base->map = map;
        TRY(begin(base));
    }
    base->pending += need;
    return STATUS_OK;
}

static enum status put(struct base *base, const char *key, const char *bytes, size_t size) {
    TRY(make_room(base, size));
    MDB_val name = {strlen(key), (void *)(uintptr_t)key}, value = {size, (void *)(uintptr_t)bytes};
    const int error = mdb_put(base->transaction, base->table, &name, &value, 0);
    return error == 0 ? STATUS_OK : failure(base, error);
}

static enum status lmdb_put(void *state, size_t number, const struct data_item *item) {
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "image-%09zu", number);
    TRY(put(state, key, item->bytes, item->size));
    snprintf(key, sizeof key, "label-%09zu", number);
    return item->label != NULL ? put(state, key, item->label, strlen(item->label)) : STATUS_OK;
}

static enum status lmdb_finish(void *state, size_t count) {
    struct base *const base = state;
    char text[KEY_SIZE];
    snprintf(text, sizeof text, "%zu", count);
    TRY(put(base, "num-samples", text, strlen(text)));
    TRY(commit(base));
    const int error = mdb_env_sync(base->environment, 1);
    return error == 0 ? STATUS_OK : failure(base, error);
}

const struct writer_kind writer_lmdb = {lmdb_open, lmdb_put, lmdb_finish, lmdb_abandon};
