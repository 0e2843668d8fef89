/* Which pixels of a picture are text: known of rendered words, estimated of others. */
#include "data_files.h"

#include "data/ink.h"

#include <math.h>

enum { HEIGHT = 32, WIDTH = 128, PIXELS = HEIGHT * WIDTH };

static void the_estimate_is_what_differs_from_the_border(void **state) {
    (void)state;
    struct data_image image;
    float ink[24 * 10];
    assert_ok(data_image_new(&image, 24, 10));
    /* a ground of one colour but for a little noise, a block of another, as bright as it, in the middle */
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 24; x++) {
            const bool text = y >= 3 && y < 7 && x >= 5 && x < 20;
            uint8_t *const pixel = image.pixels + (y * 24 + x) * 3;
            pixel[0] = (uint8_t)((text ? 200 : 60) + (x * y) % 7);
            pixel[1] = 90;
            pixel[2] = text ? 60 : 200;
        }
    data_ink_estimate(ink, &image);
    for (int y = 0; y < 10; y++)
        for (int x = 0; x < 24; x++)
            assert_true(ink[y * 24 + x] == (float)(y >= 3 && y < 7 && x >= 5 && x < 20));
    memset(image.pixels, 77, 24 * 10 * 3);
    data_ink_estimate(ink, &image);
    for (int i = 0; i < 24 * 10; i++)
        assert_true(ink[i] == 0);
    data_image_free(&image);
}

static void small_pictures_have_an_estimate_too(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1}, {1, 5}, {5, 1}, {2, 2}};
    float ink[8];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct data_image image;
        assert_ok(data_image_new(&image, sizes[i][0], sizes[i][1]));
        image.pixels[0] = 255;
        data_ink_estimate(ink, &image);
        assert_true(ink[0] == 0 || ink[0] == 1);
        data_image_free(&image);
    }
}

static double correlation(const float *a, const float *b) {
    enum { SIDE = 4, ROWS = HEIGHT / SIDE, COLUMNS = WIDTH / SIDE, COUNT = ROWS * COLUMNS };
    double x[COUNT] = {0}, y[COUNT] = {0}, mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < PIXELS; i++) {
        const int patch = i / WIDTH / SIDE * COLUMNS + i % WIDTH / SIDE;
        x[patch] += (double)a[i], y[patch] += (double)b[i];
        mean_x += (double)a[i] / COUNT, mean_y += (double)b[i] / COUNT;
    }
    for (int i = 0; i < COUNT; i++) {
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
        xy += (x[i] - mean_x) * (y[i] - mean_y);
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* The mean correlation of known and estimated text over the words of a source. */
static double agreement(const char *source) {
    static float known[PIXELS], estimated[PIXELS];
    struct data_set *set;
    double sum = 0;
    assert_ok(data_set_open(&set, &source, 1));
    for (size_t i = 0; i < data_set_count(set); i++) {
        struct data_image image;
        bool is_known;
        assert_ok(data_set_read(set, i, &image));
        assert_ok(data_ink_find(known, &is_known, set, i, &image, HEIGHT, WIDTH));
        assert_true(is_known);
        assert_ok(data_ink_find(estimated, &is_known, NULL, 0, &image, HEIGHT, WIDTH));
        assert_false(is_known);
        sum += correlation(known, estimated);
        data_image_free(&image);
    }
    const double mean = sum / (double)data_set_count(set);
    data_set_close(set);
    return mean;
}

/* What is known comes from drawing, what is estimated from the picture that was drawn: that
 * they agree shows both. */
static void what_is_known_and_what_is_estimated_agree(void **state) {
    (void)state;
    const double clean = agreement("render:count=100,seed=3,wear=0"),
                 worn = agreement("render:count=200,seed=3");
    if (!(clean > 0.95 && worn > 0.75))
        fail_msg("correlation %.3f of clean words, %.3f of worn ones", clean, worn);
}

static void nobody_knows_of_photographs(void **state) {
    (void)state;
    struct data_set *set;
    struct data_image image, ink;
    static float values[PIXELS];
    bool known;
    write_labelled_folder(in_folder("words"), 2);
    const char *const path = in_folder("words");
    assert_ok(data_set_open(&set, &path, 1));
    assert_ok(data_set_ink(set, 1, &ink));
    assert_null(ink.pixels);
    assert_int_equal(data_set_ink(set, 2, &ink), STATUS_INTERNAL);
    assert_ok(data_set_read(set, 1, &image));
    assert_ok(data_ink_find(values, &known, set, 1, &image, HEIGHT, WIDTH));
    assert_false(known);
    data_image_free(&image);
    data_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_is_what_differs_from_the_border),
        cmocka_unit_test(small_pictures_have_an_estimate_too),
        cmocka_unit_test(what_is_known_and_what_is_estimated_agree),
        cmocka_unit_test(nobody_knows_of_photographs),
    };
    return cmocka_run_group_tests(tests, make_test_folder, remove_test_folder);
}
