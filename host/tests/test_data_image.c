/* Decoding, with hostile files, and resizing against values worked out by hand. */
#include "data_files.h"
#include "data_jpegs.h"
#include "data_pngs.h"

#include "data/image.h"

#include <math.h>

/* ---- decoding ---- */

static void lossless_formats_are_decoded(void **state) {
    (void)state;
    uint8_t *const pixels = test_pixels(37, 21, 9);
    assert_int_equal(stbi_write_png(in_folder("a.png"), 37, 21, 3, pixels, 37 * 3), 1);
    assert_int_equal(stbi_write_bmp(in_folder("a.bmp"), 37, 21, 3, pixels), 1);
    const char *const names[] = {"a.png", "a.bmp"};
    for (int i = 0; i < 2; i++) {
        struct data_image image;
        assert_ok(data_image_read(&image, in_folder(names[i])));
        assert_int_equal(image.width, 37);
        assert_int_equal(image.height, 21);
        assert_memory_equal(image.pixels, pixels, 37 * 21 * 3);
        data_image_free(&image);
        data_image_free(&image);
    }
    free(pixels);
}

static const struct {
    const uint8_t *bytes;
    size_t size;
} jpegs[] = {
    {jpeg_baseline, sizeof jpeg_baseline},
    {jpeg_progressive, sizeof jpeg_progressive},
    {jpeg_cmyk, sizeof jpeg_cmyk},
    {jpeg_grey, sizeof jpeg_grey},
};

static void all_kinds_of_jpeg_are_decoded(void **state) {
    (void)state;
    static const int colour[2][2][3] = {{{200, 40, 30}, {20, 60, 220}}, {{87, 87, 87}, {66, 66, 66}}};
    for (int i = 0; i < 4; i++) {
        struct data_image image;
        assert_ok(data_image_decode(&image, jpegs[i].bytes, jpegs[i].size));
        assert_int_equal(image.width, 24);
        assert_int_equal(image.height, 13);
        for (int half = 0; half < 2; half++)
            for (int c = 0; c < 3; c++) {
                const uint8_t value = image.pixels[(6 * 24 + 4 + half * 15) * 3 + c];
                assert_true(abs(value - colour[i == 3][half][c]) <= 8);
            }
        data_image_free(&image);
    }
}

static void other_channels_become_rgb(void **state) {
    (void)state;
    const uint8_t pixels[8] = {10, 200, 30, 0, 50, 60, 70, 255};
    for (int channels = 1; channels <= 4; channels++) {
        struct data_image image;
        assert_int_equal(stbi_write_png(in_folder("c.png"), 2, 1, channels, pixels, 2 * channels), 1);
        assert_ok(data_image_read(&image, in_folder("c.png")));
        for (int c = 0; c < 3; c++) {
            assert_int_equal(image.pixels[c], pixels[channels < 3 ? 0 : c]);
            assert_int_equal(image.pixels[3 + c], pixels[channels + (channels < 3 ? 0 : c)]);
        }
        data_image_free(&image);
    }
}

static void sixteen_bits_and_one_pixel(void **state) {
    (void)state;
    const uint8_t raw[7] = {0, 0x12, 0x34, 0xAB, 0xCD, 0xFF, 0xFF}; /* no filter, one RGB pixel */
    uint8_t png[512];
    struct data_image image;
    assert_ok(data_image_decode(&image, png, make_png(png, 1, 1, 16, 2, raw, 7)));
    assert_int_equal(image.width * image.height, 1);
    assert_int_equal(image.pixels[0], 0x12);
    assert_int_equal(image.pixels[1], 0xAB);
    assert_int_equal(image.pixels[2], 0xFF);
    assert_ok(data_image_resize(&image, 32, 128));
    assert_int_equal(image.pixels[32 * 128 * 3 - 2], 0xAB);
    data_image_free(&image);
}

static void huge_dimensions_are_refused(void **state) {
    (void)state;
    const uint8_t raw[4] = {0};
    uint8_t png[512];
    struct data_image image;
    assert_refused(data_image_decode(&image, png, make_png(png, 9000, 9000, 8, 2, raw, 4)), STATUS_INVALID,
                   "9000 x 9000");
    assert_refused(data_image_decode(&image, png, make_png(png, 60000, 60000, 8, 2, raw, 4)), STATUS_INVALID,
                   "too many pixels");
    assert_int_equal(data_image_decode(&image, png, make_png(png, 0x7FFFFFFF, 0x7FFFFFFF, 8, 2, raw, 4)),
                     STATUS_INVALID);
    assert_int_equal(data_image_decode(&image, png, make_png(png, 0, 5, 8, 2, raw, 4)), STATUS_INVALID);
    /* Says many pixels, holds four bytes. */
    assert_int_equal(data_image_decode(&image, png, make_png(png, 8000, 8000, 8, 2, raw, 4)), STATUS_INVALID);
    assert_null(image.pixels);
}

/* Decodes twice: the outcome must be the same, and a failure must leave nothing. */
static void decode_twice(const uint8_t *bytes, size_t size) {
    struct data_image first, second;
    const enum status code = data_image_decode(&first, bytes, size);
    assert_int_equal(data_image_decode(&second, bytes, size), code);
    if (code == STATUS_OK) {
        assert_int_equal(first.width, second.width);
        assert_int_equal(first.height, second.height);
        assert_memory_equal(first.pixels, second.pixels, (size_t)first.width * first.height * 3);
    } else {
        assert_null(first.pixels);
        assert_true(code == STATUS_INVALID || code == STATUS_MEMORY);
    }
    data_image_free(&first);
    data_image_free(&second);
}

/* Every cut of a file, and every byte of it changed. */
static void damage(const uint8_t *bytes, size_t size) {
    for (size_t place = 0; place < size; place++) {
        /* Copies on the heap, so that a sanitizer sees a read beyond the end. */
        uint8_t *copy = malloc(place + 1);
        memcpy(copy, bytes, place);
        decode_twice(copy, place);
        free(copy);
        copy = malloc(size);
        memcpy(copy, bytes, size);
        copy[place] ^= (uint8_t)(1 + place * 37 % 255);
        decode_twice(copy, size);
        copy[place] = 0xFF;
        decode_twice(copy, size);
        free(copy);
    }
}

static void damaged_files_do_no_harm(void **state) {
    (void)state;
    for (int i = 0; i < 4; i++)
        damage(jpegs[i].bytes, jpegs[i].size);
    const char *const names[] = {"d.png", "d.bmp"};
    uint8_t *const pixels = test_pixels(16, 9, 3);
    assert_int_equal(stbi_write_png(in_folder("d.png"), 16, 9, 3, pixels, 16 * 3), 1);
    assert_int_equal(stbi_write_bmp(in_folder("d.bmp"), 16, 9, 3, pixels), 1);
    free(pixels);
    for (int i = 0; i < 2; i++) {
        uint8_t bytes[4096];
        FILE *const file = fopen(in_folder(names[i]), "rb");
        assert_non_null(file);
        const size_t size = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        assert_in_range(size, 50, sizeof bytes - 1);
        damage(bytes, size);
    }
}

static void oversized_huffman_tables_are_refused(void **state) {
    (void)state;
    struct data_image image;
    uint8_t bytes[sizeof jpeg_baseline];
    memcpy(bytes, jpeg_baseline, sizeof bytes);
    size_t table = 0;
    while (table + 21 < sizeof bytes && !(bytes[table] == 0xFF && bytes[table + 1] == 0xC4))
        table++;
    assert_true(table + 21 < sizeof bytes);
    bytes[table + 19] = bytes[table + 20] = 200; /* codes of 15 and of 16 bits */
    assert_refused(data_image_decode(&image, bytes, sizeof bytes), STATUS_INVALID, "Huffman");
    uint8_t filled[sizeof bytes + 1]; /* one fill byte before the first marker */
    filled[0] = 0xFF;
    memcpy(filled + 1, bytes, sizeof bytes);
    assert_refused(data_image_decode(&image, filled, sizeof filled), STATUS_INVALID, "Huffman");
}

static void unreadable_files_are_named(void **state) {
    (void)state;
    struct data_image image;
    assert_refused(data_image_read(&image, in_folder("absent.png")), STATUS_INVALID, "absent.png");
    assert_refused(data_image_read(&image, test_folder), STATUS_INVALID, "not a regular file");
    write_text(in_folder("empty.png"), "");
    assert_refused(data_image_read(&image, in_folder("empty.png")), STATUS_INVALID,
                   "empty.png: the image is empty");
    write_text(in_folder("text.jpg"), "hello");
    assert_refused(data_image_read(&image, in_folder("text.jpg")), STATUS_INVALID, "text.jpg: not a JPEG");
}

/* ---- resizing ---- */

/* A picture of one row whose three channels hold the same values. */
static struct data_image row_of(const uint8_t *values, uint32_t count) {
    struct data_image image;
    assert_ok(data_image_new(&image, count, 1));
    for (size_t i = 0; i < count * 3; i++)
        image.pixels[i] = values[i / 3];
    return image;
}

static void assert_row(const struct data_image *image, const uint8_t *values, uint32_t count) {
    assert_int_equal((size_t)image->width * image->height, count);
    for (size_t i = 0; i < count * 3; i++)
        assert_int_equal(image->pixels[i], values[i / 3]);
}

static void check_resize(const uint8_t *in, uint32_t in_count, const uint8_t *out, uint32_t out_count) {
    struct data_image image = row_of(in, in_count);
    assert_ok(data_image_resize(&image, 1, out_count));
    assert_row(&image, out, out_count);
    data_image_free(&image);
    image = row_of(in, in_count); /* and down the columns */
    image.height = image.width;
    image.width = 1;
    assert_ok(data_image_resize(&image, out_count, 1));
    assert_row(&image, out, out_count);
    data_image_free(&image);
}

static void resizing_follows_the_kernel(void **state) {
    (void)state;
    /* Twice as wide: weights k(0.25), k(1.25) = 0.8671875, -0.0703125 and k(0.25), k(0.75) = 0.8671875,
     * 0.2265625, each pair divided by its sum: 255 * 0.2265625 / 1.09375 = 52.8. */
    check_resize((const uint8_t[]){0, 255}, 2, (const uint8_t[]){0, 53, 202, 255}, 4);
    /* Half as wide: the kernel is twice as wide, weights 0.8671875, 0.8671875, 0.2265625, -0.0703125 of
     * sum 1.890625. (200 * 0.8671875 + 100 * 0.8671875 + 50 * 0.2265625) / 1.890625 = 143.6; the mirrored sum
     * gives 27.5-. */
    check_resize((const uint8_t[]){200, 100, 50, 0}, 4, (const uint8_t[]){144, 27}, 2);
    check_resize((const uint8_t[]){255, 0, 0, 0}, 4, (const uint8_t[]){117, 0}, 2);
    check_resize((const uint8_t[]){7}, 1, (const uint8_t[]){7, 7, 7, 7, 7}, 5);
}

static void resizing_keeps_what_it_must(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 7, 32, 100, 128, 517};
    struct data_image image, copy;
    uint8_t *const pixels = test_pixels(45, 19, 2);
    assert_ok(data_image_new(&image, 45, 19));
    memcpy(image.pixels, pixels, 45 * 19 * 3);
    assert_ok(data_image_resize(&image, 19, 45));
    assert_memory_equal(image.pixels, pixels, 45 * 19 * 3);
    free(pixels);
    data_image_free(&image);
    for (size_t from = 0; from < 8; from++)
        for (size_t to = 0; to < 8; to++) {
            assert_ok(data_image_new(&image, sizes[from], sizes[7 - from]));
            memset(image.pixels, 173, (size_t)image.width * image.height * 3);
            assert_ok(data_image_copy(&copy, &image));
            assert_ok(data_image_resize(&copy, sizes[7 - to], sizes[to]));
            assert_int_equal(copy.width, sizes[to]);
            assert_int_equal(copy.height, sizes[7 - to]);
            for (size_t i = 0; i < (size_t)copy.width * copy.height * 3; i++)
                assert_int_equal(copy.pixels[i], 173);
            data_image_free(&image);
            data_image_free(&copy);
        }
}

static void limits_keep_the_shape(void **state) {
    (void)state;
    struct data_image image;
    assert_ok(data_image_new(&image, 3000, 2));
    assert_ok(data_image_limit(&image, 1000));
    assert_int_equal(image.width, 1000);
    assert_int_equal(image.height, 1);
    assert_ok(data_image_limit(&image, 1000));
    assert_int_equal(image.width, 1000);
    assert_int_equal(data_image_resize(&image, 0, 5), STATUS_INVALID);
    assert_int_equal(data_image_resize(&image, 1 << 15, 1 << 15), STATUS_INVALID);
    data_image_free(&image);
}

static void normalising_gives_planes(void **state) {
    (void)state;
    struct data_image image;
    assert_ok(data_image_new(&image, 2, 1));
    const uint8_t pixels[6] = {0, 255, 51, 102, 204, 153};
    memcpy(image.pixels, pixels, 6);
    float planes[6];
    data_image_normalise(planes, &image);
    const float expected[6] = {-1.0f, -0.2f, 1.0f, 0.6f, -0.6f, 0.2f};
    for (int i = 0; i < 6; i++)
        assert_true(fabsf(planes[i] - expected[i]) < 1e-6f);
    data_image_free(&image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lossless_formats_are_decoded),
        cmocka_unit_test(all_kinds_of_jpeg_are_decoded),
        cmocka_unit_test(oversized_huffman_tables_are_refused),
        cmocka_unit_test(other_channels_become_rgb),
        cmocka_unit_test(sixteen_bits_and_one_pixel),
        cmocka_unit_test(huge_dimensions_are_refused),
        cmocka_unit_test(damaged_files_do_no_harm),
        cmocka_unit_test(unreadable_files_are_named),
        cmocka_unit_test(resizing_follows_the_kernel),
        cmocka_unit_test(resizing_keeps_what_it_must),
        cmocka_unit_test(limits_keep_the_shape),
        cmocka_unit_test(normalising_gives_planes),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
