/* Tests of safetensors: the bytes of a file by hand, every type, and files that are damaged everywhere. */
#include "statuses.h"

#include "base/file.h"
#include "train/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static char path[128];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/mnsp-safetensors-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/file.safetensors", folder);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when a writer left something behind */
}

/* Writes a file of a header and some bytes of data, as they stand. */
static void put_file(const char *header, const void *data, size_t size) {
    char bytes[4096];
    const uint64_t length = strlen(header);
    assert_true(8 + length + size <= sizeof bytes);
    memcpy(bytes, &length, 8);
    memcpy(bytes + 8, header, length);
    if (size > 0)
        memcpy(bytes + 8 + length, data, size);
    assert_ok(file_replace(path, bytes, 8 + length + size));
}

static void assert_file_refused(const char *header, size_t size, const char *part) {
    static const char zeros[256];
    struct safetensors *file;
    put_file(header, zeros, size);
    assert_int_equal(safetensors_open(&file, path), STATUS_INVALID);
    assert_null(file);
    assert_message_has("file.safetensors");
    assert_message_has(part);
}

static void layout_is_the_published_one(void **state) {
    (void)state;
    const float x[] = {1, -2, 0.5f, 0, 0, 0};
    const int32_t y = 7;
    const uint8_t z[] = {1, 2, 3};
    const struct safetensors_view views[] = {
        {"z", SAFETENSORS_U8, 1, {3}, z},
        {"x", SAFETENSORS_F32, 2, {2, 3}, x},
        {"y", SAFETENSORS_I32, 0, {0}, &y},
    };
    const struct safetensors_pair pairs[] = {{"format", "pt"}};
    assert_ok(safetensors_write(path, views, 3, pairs, 1));
    char *bytes;
    size_t size;
    assert_ok(file_read(&bytes, &size, path, 1 << 16));

    const char *const header = "{\"__metadata__\":{\"format\":\"pt\"},"
                               "\"x\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                               "\"y\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[24,28]},"
                               "\"z\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[28,31]}}";
    const size_t padded = (strlen(header) + 7) / 8 * 8;
    const unsigned char length[8] = {padded & 0xFF, (unsigned char)(padded >> 8)};
    assert_int_equal(size, 8 + padded + 31);
    assert_memory_equal(bytes, length, 8);
    assert_memory_equal(bytes + 8, header, strlen(header));
    for (size_t i = strlen(header); i < padded; i++)
        assert_int_equal(bytes[8 + i], ' ');
    const unsigned char one[] = {0, 0, 0x80, 0x3F}, minus_two[] = {0, 0, 0, 0xC0}, seven[] = {7, 0, 0, 0};
    assert_memory_equal(bytes + 8 + padded, one, 4);
    assert_memory_equal(bytes + 8 + padded + 4, minus_two, 4);
    assert_memory_equal(bytes + 8 + padded + 24, seven, 4);
    assert_memory_equal(bytes + 8 + padded + 28, z, 3);
    free(bytes);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    float x[5000];
    for (size_t i = 0; i < 5000; i++)
        x[i] = (float)i * 0.25f - 100;
    const float nothing = 0;
    const struct safetensors_view views[] = {
        {"blocks.0.weight", SAFETENSORS_F32, 3, {5, 10, 100}, x},
        {"empty", SAFETENSORS_F32, 2, {0, 7}, &nothing},
    };
    const struct safetensors_pair pairs[] = {{"step", "12"}, {"name", "\xc3\xa9\n\""}};
    assert_ok(safetensors_write(path, views, 2, pairs, 2));

    struct safetensors *file;
    assert_ok(safetensors_open(&file, path));
    assert_int_equal(safetensors_count(file), 2);
    assert_string_equal(safetensors_metadata(file, "step"), "12");
    assert_string_equal(safetensors_metadata(file, "name"), "\xc3\xa9\n\"");
    assert_null(safetensors_metadata(file, "none"));
    assert_null(safetensors_find(file, "blocks.0"));
    assert_int_equal(safetensors_find(file, "empty")->elements, 0);
    float y[5000];
    const uint64_t shape[] = {5, 10, 100};
    assert_ok(safetensors_load_f32(file, "blocks.0.weight", 3, shape, y));
    assert_memory_equal(x, y, sizeof x);

    assert_int_equal(safetensors_load_f32(file, "blocks.0.weigth", 3, shape, y), STATUS_INVALID);
    assert_message_has(
        "no tensor 'blocks.0.weigth' in it, expected (5,10,100); did you mean 'blocks.0.weight'?");
    const uint64_t other[] = {5, 10, 101};
    assert_int_equal(safetensors_load_f32(file, "blocks.0.weight", 3, other, y), STATUS_INVALID);
    assert_message_has(
        "file.safetensors: tensor 'blocks.0.weight' has shape (5,10,100), expected (5,10,101)");
    assert_int_equal(safetensors_load_f32(file, "blocks.0.weight", 2, other, y), STATUS_INVALID);
    assert_message_has("has shape (5,10,100), expected (5,10)");
    safetensors_close(file);
}

static void short_floats_become_fp32(void **state) {
    (void)state;
    /* Zeros, one, the largest, the smallest normal and subnormal, a third, infinity, not a number. */
    const uint16_t halves[] = {0x0000, 0x8000, 0x3C00, 0x7BFF, 0x0400, 0x8001, 0x3555, 0xFC00, 0x7E00};
    const float values[] = {0, -0.0f, 1, 65504, 0x1p-14f, -0x1p-24f, 0x1.554p-2f, -INFINITY};
    const uint16_t brains[] = {0x3F80, 0xC2F7};
    const double doubles[] = {1.0 / 3.0};
    const struct safetensors_view views[] = {
        {"half", SAFETENSORS_F16, 1, {9}, halves},
        {"brain", SAFETENSORS_BF16, 1, {2}, brains},
        {"double", SAFETENSORS_F64, 1, {1}, doubles},
    };
    assert_ok(safetensors_write(path, views, 3, NULL, 0));
    struct safetensors *file;
    float read[9];
    assert_ok(safetensors_open(&file, path));
    assert_ok(safetensors_load_f32(file, "half", 1, (const uint64_t[]){9}, read));
    assert_memory_equal(read, values, sizeof values);
    assert_true(isnan(read[8]));
    assert_ok(safetensors_load_f32(file, "brain", 1, (const uint64_t[]){2}, read));
    assert_true(read[0] == 1.0f && read[1] == -123.5f);
    assert_ok(safetensors_load_f32(file, "double", 1, (const uint64_t[]){1}, read));
    assert_true(read[0] == 1.0f / 3.0f);
    int32_t integer;
    assert_int_equal(safetensors_read_i32(file, safetensors_find(file, "half"), &integer), STATUS_INVALID);
    assert_message_has("tensor 'half' is F16, expected integers");
    safetensors_close(file);
}

static void integers_of_any_size_become_32_bits(void **state) {
    (void)state;
    static int64_t many[3000];
    for (int64_t i = 0; i < 3000; i++)
        many[i] = 2 - i;
    const int64_t large = (int64_t)1 << 31;
    const uint64_t huge = UINT64_MAX;
    const int8_t small = -5;
    const struct safetensors_view views[] = {
        {"many", SAFETENSORS_I64, 1, {3000}, many},
        {"large", SAFETENSORS_I64, 1, {1}, &large},
        {"huge", SAFETENSORS_U64, 1, {1}, &huge},
        {"small", SAFETENSORS_I8, 1, {1}, &small},
    };
    assert_ok(safetensors_write(path, views, 4, NULL, 0));
    struct safetensors *file;
    static int32_t read[3000];
    assert_ok(safetensors_open(&file, path));
    assert_ok(safetensors_read_i32(file, safetensors_find(file, "many"), read));
    for (int32_t i = 0; i < 3000; i++)
        assert_int_equal(read[i], 2 - i);
    assert_ok(safetensors_read_i32(file, safetensors_find(file, "small"), read));
    assert_int_equal(read[0], -5);
    assert_int_equal(safetensors_read_i32(file, safetensors_find(file, "large"), read), STATUS_INVALID);
    assert_message_has("tensor 'large': element 0 does not fit in 32 bits");
    assert_int_equal(safetensors_read_i32(file, safetensors_find(file, "huge"), read), STATUS_INVALID);
    float value;
    assert_int_equal(safetensors_load_f32(file, "many", 1, (const uint64_t[]){3000}, &value), STATUS_INVALID);
    assert_message_has("tensor 'many' is I64, expected F32");
    safetensors_close(file);
}

static void unaligned_tensors_are_read(void **state) {
    (void)state;
    const unsigned char data[] = {9, 0, 0, 0x80, 0x3F};
    put_file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
             "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}",
             data, sizeof data);
    struct safetensors *file;
    float value;
    assert_ok(safetensors_open(&file, path));
    assert_ok(safetensors_load_f32(file, "b", 1, (const uint64_t[]){1}, &value));
    assert_true(value == 1.0f);
    safetensors_close(file);
}

/* Golden weights, written by another program (tools/golden). */
static void files_of_another_writer_are_read(void **state) {
    (void)state;
    struct safetensors *file;
    const struct safetensors_tensor *tensor;
    float numbers[32];
    assert_ok(safetensors_open(&file, SOURCE_DIRECTORY "/tools/golden/data/lmim/weights.safetensors"));
    assert_ok(safetensors_expect(&tensor, file, "model_maeenc.cls_token", 3, (const uint64_t[]){1, 1, 32}));
    assert_ok(safetensors_read_f32(file, tensor, numbers));
    for (size_t i = 0; i < 32; i++)
        assert_true(isfinite(numbers[i]) && numbers[i] != 0);
    safetensors_close(file);
    int32_t lengths[2];
    assert_ok(safetensors_open(&file, SOURCE_DIRECTORY "/tools/golden/data/recogniser/batch.safetensors"));
    assert_ok(safetensors_expect(&tensor, file, "length", 1, (const uint64_t[]){2}));
    assert_ok(safetensors_read_i32(file, tensor, lengths));
    assert_true(lengths[0] >= 1 && lengths[0] <= 25 && lengths[1] >= 1 && lengths[1] <= 25);
    safetensors_close(file);
}

#define X(type, shape, offsets)                                                                              \
    "{\"x\":{\"dtype\":\"" type "\",\"shape\":[" shape "],\"data_offsets\":[" offsets "]}}"

static void wrong_headers_are_refused(void **state) {
    (void)state;
    assert_file_refused(X("F32", "2", "0,4"), 4, "tensor 'x': 4 bytes, but F32 of shape (2) needs 8");
    assert_file_refused(X("F32", "2", "0,8"), 4, "outside of the file's 4 bytes");
    assert_file_refused(X("F32", "1", "-4,0"), 4, "outside");
    assert_file_refused(X("F32", "1", "4,0"), 4, "outside");
    assert_file_refused(X("F32", "1", "4,8"), 8, "leaves a hole");
    assert_file_refused(X("F32", "1", "0,4"), 5, "1 bytes at the end belong to no tensor");
    assert_file_refused(X("F32", "-1", "0,4"), 4, "dimension 0 is not a count");
    assert_file_refused(X("F32", "1.5", "0,4"), 4, "dimension 0 is not a count");
    assert_file_refused(X("F32", "4611686018427387904,4", "0,0"), 4, "overflows");
    assert_file_refused(X("F32", "4611686018427387904", "0,0"), 4, "overflows");
    assert_file_refused(X("F32", "99999999999999999999", "0,4"), 4, "not valid JSON");
    assert_file_refused(X("F32", "1,1,1,1,1,1,1,1,1", "0,4"), 4, "9 dimensions");
    assert_file_refused(X("F33", "1", "0,4"), 4, "unknown dtype 'F33'");
    assert_file_refused(X("F32", "1", "0"), 4, "not two integers");
    assert_file_refused(X("F32", "1", "0,4,4"), 4, "not two integers");
    assert_file_refused("{\"x\":3}", 0, "described by an integer");
    assert_file_refused("{\"x\":{}}", 0, "'dtype' is missing");
    assert_file_refused("{\"x\":{\"dtype\":\"F32\",\"shape\":3}}", 0,
                        "key 'shape' is an integer, expected an array");
    assert_file_refused("{\"__metadata__\":{\"a\":1}}", 0, "'a' is an integer");
    assert_file_refused("{\"__metadata__\":[]}", 0, "__metadata__ is an array");
    assert_file_refused("{\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
                        "\"x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}",
                        0, "duplicate");
    assert_file_refused("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
                        "\"y\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
                        3, "overlaps");
    assert_file_refused("", 0, "not a safetensors file");
    assert_file_refused("[1]", 0, "not a safetensors file");
    assert_file_refused("{\"x\":", 0, "not valid JSON at line 1");
    assert_file_refused("{\"\\u0000\":1}", 0, "not valid JSON");
}

static void hostile_lengths_and_nesting_are_refused(void **state) {
    (void)state;
    struct safetensors *file;
    const uint64_t lengths[] = {100000001, UINT64_MAX, UINT64_MAX - 7, (uint64_t)1 << 63};
    for (size_t i = 0; i < 4; i++) {
        assert_ok(file_replace(path, &lengths[i], 8));
        assert_int_equal(safetensors_open(&file, path), STATUS_INVALID);
        assert_message_has("not a safetensors file: its header would have");
    }
    const uint64_t long_header = 100000000;
    assert_ok(file_replace(path, &long_header, 8));
    assert_int_equal(safetensors_open(&file, path), STATUS_INVALID);
    assert_message_has("truncated");

    enum { DEPTH = 1000000 };
    char *const nested = malloc(8 + DEPTH);
    const uint64_t length = DEPTH;
    memset(nested + 8, '[', DEPTH);
    memcpy(nested + 8, "{\"x\":", 5);
    memcpy(nested, &length, 8);
    assert_ok(file_replace(path, nested, 8 + DEPTH));
    free(nested);
    assert_int_equal(safetensors_open(&file, path), STATUS_INVALID);
    assert_message_has("maximum parsing depth");
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    struct safetensors *file;
    char other[160];
    snprintf(other, sizeof other, "%s/none", folder);
    assert_int_equal(safetensors_open(&file, other), STATUS_INVALID);
    assert_message_has("no such file");
    assert_int_equal(safetensors_open(&file, folder), STATUS_INVALID);
    assert_message_has("not a file");
    assert_int_equal(safetensors_open(&file, "/dev/null"), STATUS_INVALID);
    assert_int_equal(mkfifo(other, 0600), 0);
    assert_int_equal(safetensors_open(&file, other), STATUS_INVALID); /* and does not wait for a writer */
    unlink(other);
}

/* Opens the file and, where that succeeds, reads all of it. */
static void open_and_read(void) {
    struct safetensors *file;
    if (safetensors_open(&file, path) != STATUS_OK) {
        assert_int_not_equal(status_message()[0], 0);
        return;
    }
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(file, i);
        assert_true(tensor->bytes <= 4096);
        char raw[4096];
        float numbers[4096];
        int32_t integers[4096];
        assert_ok(safetensors_read(file, tensor, raw));
        if (safetensors_read_f32(file, tensor, numbers) != STATUS_OK)
            (void)!safetensors_read_i32(file, tensor, integers);
    }
    safetensors_close(file);
}

static void put_bytes(const void *bytes, size_t size) {
    FILE *const stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    assert_int_equal(fclose(stream), 0);
}

/* Cuts a small file at every length and changes every byte in several ways. Under AddressSanitizer this
 * shows that no damage leads outside of the buffers; without it, that nothing crashes and that a cut
 * file is never taken for a whole one. */
static void damaged_files_are_survived(void **state) {
    (void)state;
    const float x[] = {1, 2, 3, 4, 5, 6};
    const uint16_t h[] = {0x3C00, 0x7E00};
    const int64_t i64[] = {-1};
    const struct safetensors_view views[] = {
        {"x", SAFETENSORS_F32, 2, {2, 3}, x},
        {"h", SAFETENSORS_F16, 1, {2}, h},
        {"i", SAFETENSORS_I64, 0, {0}, i64},
    };
    const struct safetensors_pair pairs[] = {{"k", "v"}};
    assert_ok(safetensors_write(path, views, 3, pairs, 1));
    char *bytes;
    size_t size;
    assert_ok(file_read(&bytes, &size, path, 4096));
    for (size_t cut = 0; cut < size; cut++) {
        struct safetensors *file;
        put_bytes(bytes, cut);
        assert_int_equal(safetensors_open(&file, path), STATUS_INVALID);
    }
    for (size_t place = 0; place < size; place++) {
        const char kept = bytes[place];
        const char changes[] = {(char)(kept ^ 1), (char)(kept ^ 0x80), 0, '9', '"', '}', (char)0xFF};
        for (size_t i = 0; i < sizeof changes; i++) {
            bytes[place] = changes[i];
            put_bytes(bytes, size);
            open_and_read();
        }
        bytes[place] = kept;
    }
    free(bytes);
}

static void a_file_cut_while_open_gives_an_error(void **state) {
    (void)state;
    static const float x[4096];
    const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 1, {4096}, x}};
    assert_ok(safetensors_write(path, views, 1, NULL, 0));
    struct safetensors *file;
    static float read[4096];
    assert_ok(safetensors_open(&file, path));
    assert_int_equal(truncate(path, 100), 0);
    assert_int_equal(safetensors_load_f32(file, "x", 1, (const uint64_t[]){4096}, read), STATUS_INVALID);
    assert_message_has("truncated: it ends at byte 100");
    safetensors_close(file);
}

static void names_are_checked_when_writing(void **state) {
    (void)state;
    const float x = 1;
    const struct safetensors_view twice[] = {{"x", SAFETENSORS_F32, 0, {0}, &x},
                                             {"x", SAFETENSORS_F32, 0, {0}, &x}};
    assert_int_equal(safetensors_write(path, twice, 2, NULL, 0), STATUS_INVALID);
    assert_message_has("'x' comes twice");
    const struct safetensors_view reserved[] = {{"__metadata__", SAFETENSORS_F32, 0, {0}, &x}};
    const struct safetensors_pair pairs[] = {{"a", "b"}};
    assert_int_equal(safetensors_write(path, reserved, 1, pairs, 1), STATUS_INVALID);
    const struct safetensors_view wild[] = {{"\xff", SAFETENSORS_F32, 0, {0}, &x}};
    assert_int_equal(safetensors_write(path, wild, 1, NULL, 0), STATUS_INVALID);
    assert_message_has("UTF-8");
    assert_false(file_exists(path));
}

static void a_full_disk_is_said(void **state) {
    (void)state;
    const float x = 1;
    const struct safetensors_view views[] = {{"x", SAFETENSORS_F32, 0, {0}, &x}};
    assert_int_equal(safetensors_write("/dev/full", views, 1, NULL, 0), STATUS_IO);
    assert_message_has("/dev/full: cannot write: the disk is full");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(layout_is_the_published_one),
        TEST(what_is_written_is_read),
        TEST(short_floats_become_fp32),
        TEST(integers_of_any_size_become_32_bits),
        TEST(unaligned_tensors_are_read),
        TEST(files_of_another_writer_are_read),
        TEST(wrong_headers_are_refused),
        TEST(hostile_lengths_and_nesting_are_refused),
        TEST(what_is_no_file_is_refused),
        TEST(damaged_files_are_survived),
        TEST(a_file_cut_while_open_gives_an_error),
        TEST(names_are_checked_when_writing),
        TEST(a_full_disk_is_said),
    };
    return cmocka_run_group_tests_name("safetensors", tests, NULL, NULL);
}
