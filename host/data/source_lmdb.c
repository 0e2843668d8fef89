/* source_lmdb.c: the LMDB layout of the field: num-samples, image-%09d, label-%09d, counted from 1. */
#include "base/memory.h"
#include "data/source_kind.h"

#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct lmdb {
    char *path;
    MDB_env *environment;
    MDB_dbi table;
    uintptr_t map; /* where LMDB mapped the file, for checking what it returns; 0: not known */
    size_t file_size;
};

static void lmdb_close(void *state) {
    struct lmdb *const lmdb = state;
    if (lmdb == NULL)
        return;
    if (lmdb->environment != NULL)
        mdb_env_close(lmdb->environment);
    free(lmdb->path);
    free(lmdb);
}

static enum status refuse(const struct lmdb *lmdb, int error) {
    return status_set(STATUS_INVALID, "%s: LMDB: %s", lmdb->path, mdb_strerror(error));
}

/* LMDB takes the length of a value from its page as it stands; copying beyond the file would be a bus error.
 */
static bool inside_file(const struct lmdb *lmdb, const MDB_val *value) {
    const uintptr_t at = (uintptr_t)value->mv_data;
    if (lmdb->map == 0)
        return value->mv_size <= lmdb->file_size;
    return at >= lmdb->map && at - lmdb->map <= lmdb->file_size &&
           value->mv_size <= lmdb->file_size - (at - lmdb->map);
}

/* Copies the value of a key, with a zero behind it; *value NULL when there is no such key. A transaction
 * per value costs little and lets any thread read. */
static enum status fetch(const struct lmdb *lmdb, const char *key, char **value, size_t *size) {
    MDB_txn *transaction;
    MDB_val name = {strlen(key), (void *)(uintptr_t)key}, data;
    *value = NULL;
    const int begun = mdb_txn_begin(lmdb->environment, NULL, MDB_RDONLY, &transaction);
    if (begun != 0)
        return refuse(lmdb, begun);
    const int found = mdb_get(transaction, lmdb->table, &name, &data);
    enum status code = STATUS_OK;
    if (found != 0 && found != MDB_NOTFOUND) {
        code = refuse(lmdb, found);
    } else if (found == 0) {
        if (!inside_file(lmdb, &data))
            code = status_set(STATUS_INVALID, "%s: %s lies outside the file; it is damaged", lmdb->path, key);
        else if (data.mv_size > DATA_IMAGE_BYTES_MAX)
            code = status_set(STATUS_INVALID, "%s: %s has %zu bytes, more than the limit of %d", lmdb->path,
                              key, data.mv_size, DATA_IMAGE_BYTES_MAX);
        else
            code = memory_new(value, data.mv_size + 1, 1);
        if (code == STATUS_OK) {
            memcpy(*value, data.mv_data, data.mv_size);
            *size = data.mv_size;
        }
    }
    mdb_txn_abort(transaction);
    return code;
}

enum { KEY_SIZE = 40 };

static void item_key(char key[KEY_SIZE], const char *kind, size_t index) {
    snprintf(key, KEY_SIZE, "%s-%09zu", kind, index + 1);
}

static enum status lmdb_item_name(void *state, size_t index, char **name) {
    const struct lmdb *const lmdb = state;
    return memory_format(name, "%s: image-%09zu", lmdb->path, index + 1);
}

static enum status lmdb_read(void *state, size_t index, struct data_image *image) {
    const struct lmdb *const lmdb = state;
    char key[KEY_SIZE], *bytes;
    size_t size;
    item_key(key, "image", index);
    TRY(fetch(lmdb, key, &bytes, &size));
    if (bytes == NULL)
        return status_set(STATUS_INVALID, "%s: %s is missing", lmdb->path, key);
    const enum status code = data_image_decode(image, bytes, size);
    free(bytes);
    return code == STATUS_OK ? code : status_context(code, "%s: %s", lmdb->path, key);
}

static enum status lmdb_label(void *state, size_t index, char **label, size_t *size) {
    char key[KEY_SIZE];
    item_key(key, "label", index);
    return fetch(state, key, label, size);
}

static const struct source_kind lmdb_kind = {"LMDB", lmdb_close, lmdb_read, lmdb_label, lmdb_item_name};

/* Opens the environment and makes sure that the file is as long as it says: LMDB maps it, and reading
 * beyond its end would be a bus error. */
static enum status open_environment(struct lmdb *lmdb) {
    char *file;
    struct stat about;
    MDB_envinfo info;
    MDB_stat pages;
    int error = mdb_env_create(&lmdb->environment);
    /* Read-only without a lock file: the set may lie on a read-only medium, and nobody writes to it. */
    if (error == 0)
        error = mdb_env_open(lmdb->environment, lmdb->path, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
    if (error == 0)
        error = mdb_env_info(lmdb->environment, &info);
    if (error == 0)
        error = mdb_env_stat(lmdb->environment, &pages);
    if (error != 0)
        return refuse(lmdb, error);
    TRY(memory_format(&file, "%s/data.mdb", lmdb->path));
    const int found = stat(file, &about);
    free(file);
    if (found != 0 || about.st_size < 0 || pages.ms_psize == 0 ||
        info.me_last_pgno >= (uint64_t)about.st_size / pages.ms_psize)
        return status_set(STATUS_INVALID, "%s: data.mdb is cut short; copy it again", lmdb->path);
    lmdb->file_size = (size_t)about.st_size;
    return STATUS_OK;
}

static enum status open_table(struct lmdb *lmdb) {
    MDB_txn *transaction;
    int error = mdb_txn_begin(lmdb->environment, NULL, MDB_RDONLY, &transaction);
    if (error != 0)
        return refuse(lmdb, error);
    error = mdb_dbi_open(transaction, NULL, 0, &lmdb->table);
    if (error == 0) {
        error = mdb_txn_commit(transaction); /* keeps the handle */
    } else {
        mdb_txn_abort(transaction);
    }
    return error == 0 ? STATUS_OK : refuse(lmdb, error);
}

/* Finds the mapping that a value lies in. LMDB does not tell where it mapped the file; the kernel does. */
static void find_map(struct lmdb *lmdb) {
    MDB_txn *transaction;
    char key[] = "num-samples";
    MDB_val name = {sizeof key - 1, key}, data = {0};
    if (mdb_txn_begin(lmdb->environment, NULL, MDB_RDONLY, &transaction) != 0)
        return;
    FILE *const maps = fopen("/proc/self/maps", "re");
    if (maps != NULL && mdb_get(transaction, lmdb->table, &name, &data) == 0) {
        char *line = NULL;
        size_t capacity = 0;
        uintptr_t start, end;
        while (lmdb->map == 0 && getline(&line, &capacity, maps) > 0)
            if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR, &start, &end) == 2 &&
                (uintptr_t)data.mv_data >= start && (uintptr_t)data.mv_data < end)
                lmdb->map = start;
        free(line);
    }
    if (maps != NULL)
        fclose(maps);
    mdb_txn_abort(transaction);
}

static enum status read_count(const struct lmdb *lmdb, size_t *count) {
    char *text;
    size_t size;
    TRY(fetch(lmdb, "num-samples", &text, &size));
    char *end = text;
    const unsigned long long number = text != NULL ? strtoull(text, &end, 10) : 0;
    const bool good = text != NULL && end > text && *end == '\0' && text[0] != '-' && number <= 999999999;
    free(text);
    if (!good)
        return status_set(STATUS_INVALID, "%s: num-samples is missing or no number up to 999999999",
                          lmdb->path);
    *count = (size_t)number;
    return STATUS_OK;
}

enum status source_open_lmdb(struct source *out, const char *folder) {
    struct lmdb *lmdb;
    char *label = NULL;
    size_t count = 0, size;
    TRY(memory_new(&lmdb, 1, sizeof *lmdb));
    enum status code;
    TRY_GOTO(code, memory_copy_text(&lmdb->path, folder), failed);
    TRY_GOTO(code, open_environment(lmdb), failed);
    TRY_GOTO(code, open_table(lmdb), failed);
    find_map(lmdb);
    TRY_GOTO(code, read_count(lmdb, &count), failed);
    TRY_GOTO(code, lmdb_label(lmdb, 0, &label, &size), failed);
    *out = (struct source){&lmdb_kind, lmdb, count, label != NULL};
    free(label);
    return STATUS_OK;
failed:
    lmdb_close(lmdb);
    return code;
}
