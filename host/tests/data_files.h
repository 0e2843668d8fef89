/* data_files.h: files for the tests of the data room: a temporary folder, images, LMDB sets. */
#ifndef MNSP_TESTS_DATA_FILES_H
#define MNSP_TESTS_DATA_FILES_H

#include "statuses.h"

#include "base/memory.h"

#include <ftw.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#ifndef __clang_analyzer__ /* which would find fault with it */
#define STB_IMAGE_WRITE_IMPLEMENTATION
#endif
#define STB_IMAGE_WRITE_STATIC
#include <stb/stb_image_write.h>

static char test_folder[] = "/tmp/mnsp-test-XXXXXX";

static inline int make_test_folder(void **state) {
    (void)state;
    return mkdtemp(test_folder) == NULL;
}

static inline int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *walk) {
    (void)about, (void)kind, (void)walk;
    return remove(path);
}

static inline int remove_test_folder(void **state) {
    (void)state;
    return nftw(test_folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in the test folder; valid until the eighth next call. */
static inline const char *in_folder(const char *name) {
    static char paths[8][512];
    static int next;
    char *const path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder, name);
    return path;
}

static inline void write_bytes(const char *path, const void *bytes, size_t size) {
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static inline void write_text(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}

/* The RGB pixels of a test picture: a gradient whose blue tells pictures apart. */
static inline uint8_t *test_pixels(int width, int height, int mark) {
    uint8_t *const pixels = malloc((size_t)width * (size_t)height * 3);
    assert_non_null(pixels);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint8_t *const pixel = &pixels[((size_t)y * (size_t)width + (size_t)x) * 3];
            pixel[0] = (uint8_t)(x * 255 / width);
            pixel[1] = (uint8_t)(y * 255 / height);
            pixel[2] = (uint8_t)(mark * 7);
        }
    return pixels;
}

static inline void write_png(const char *path, int width, int height, int mark) {
    uint8_t *const pixels = test_pixels(width, height, mark);
    assert_int_equal(stbi_write_png(path, width, height, 3, pixels, width * 3), 1);
    free(pixels);
}

/* A folder of `count` images a000.png ..., of growing size, and labels.tsv with the labels "word0" ... */
static inline void write_labelled_folder(const char *folder, int count) {
    char path[600];
    assert_int_equal(mkdir(folder, 0777), 0);
    snprintf(path, sizeof path, "%s/labels.tsv", folder);
    FILE *const labels = fopen(path, "w");
    assert_non_null(labels);
    for (int i = 0; i < count; i++) {
        fprintf(labels, "a%03d.png\tword%d\n", i, i);
        snprintf(path, sizeof path, "%s/a%03d.png", folder, i);
        write_png(path, 20 + i % 40, 10 + i % 7, i);
    }
    assert_int_equal(fclose(labels), 0);
}

struct lmdb_writer {
    MDB_env *environment;
    MDB_txn *transaction;
    MDB_dbi table;
};

static inline struct lmdb_writer lmdb_begin(const char *folder) {
    struct lmdb_writer writer;
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(mdb_env_create(&writer.environment), 0);
    assert_int_equal(mdb_env_set_mapsize(writer.environment, 64 << 20), 0);
    assert_int_equal(mdb_env_open(writer.environment, folder, 0, 0666), 0);
    assert_int_equal(mdb_txn_begin(writer.environment, NULL, 0, &writer.transaction), 0);
    assert_int_equal(mdb_dbi_open(writer.transaction, NULL, 0, &writer.table), 0);
    return writer;
}

static inline void lmdb_put(struct lmdb_writer *writer, const char *key, const void *bytes, size_t size) {
    MDB_val name = {strlen(key), (void *)(uintptr_t)key}, value = {size, (void *)(uintptr_t)bytes};
    assert_int_equal(mdb_put(writer->transaction, writer->table, &name, &value, 0), 0);
}

static inline void lmdb_put_png(struct lmdb_writer *writer, const char *key, int width, int height,
                                int mark) {
    uint8_t *const pixels = test_pixels(width, height, mark);
    int size = 0;
    uint8_t *const png = stbi_write_png_to_mem(pixels, width * 3, width, height, 3, &size);
    assert_non_null(png);
    lmdb_put(writer, key, png, (size_t)size);
    free(png);
    free(pixels);
}

static inline void lmdb_end(struct lmdb_writer *writer) {
    assert_int_equal(mdb_txn_commit(writer->transaction), 0);
    mdb_env_close(writer->environment);
}

#endif
