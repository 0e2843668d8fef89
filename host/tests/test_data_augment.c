/* Augmentations: each keeps its contract at every size, does what its name says, and repeats by its key. */
#include "data_files.h"

#include "data/augment.h"
#include "data/view.h"
#include "data/warp.h"

#include <math.h>
#include <stdbool.h>

static const struct {
    const struct augmentation *table;
    int count;
} tables[] = {
    {augment_guidance, AUGMENT_GUIDANCE_COUNT},
    {augment_geometry, AUGMENT_GEOMETRY_COUNT},
    {augment_deterioration, AUGMENT_DETERIORATION_COUNT},
};

static struct data_image test_image(uint32_t width, uint32_t height) {
    struct data_image image;
    uint8_t *const pixels = test_pixels((int)width, (int)height, 13);
    assert_ok(data_image_new(&image, width, height));
    memcpy(image.pixels, pixels, (size_t)width * height * 3);
    free(pixels);
    return image;
}

static struct data_image grey_image(uint32_t width, uint32_t height, uint8_t value) {
    struct data_image image;
    assert_ok(data_image_new(&image, width, height));
    memset(image.pixels, value, (size_t)width * height * 3);
    return image;
}

static struct philox draws(uint64_t first) {
    return philox_start(11, PHILOX_STREAM_TEST, 0, first * 4096);
}

static void every_size_is_taken(void **state) {
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},    {1, 9},    {9, 1},    {2, 2},     {33, 17},
                                        {128, 32}, {1024, 1}, {1, 1024}, {1024, 700}};
    for (int t = 0; t < 3; t++)
        for (int a = 0; a < tables[t].count; a++)
            for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
                const struct augmentation *const augmentation = &tables[t].table[a];
                struct data_image image = test_image(sizes[s][0], sizes[s][1]);
                struct philox random = draws(s);
                assert_ok(augmentation->apply(&image, augmentation->range, &random));
                assert_in_range(image.width, 1, AUGMENT_CANVAS_MAX);
                assert_in_range(image.height, 1, AUGMENT_CANVAS_MAX);
                if (image.width != sizes[s][0] || image.height != sizes[s][1])
                    assert_true(augmentation->apply == augment_rotate || t == 1);
                assert_true(random.element - draws(s).element < 1000); /* of 16384 / 10 each */
                data_image_free(&image);
            }
}

static void each_changes_a_picture_and_repeats(void **state) {
    (void)state;
    for (int t = 0; t < 3; t++)
        for (int a = 0; a < tables[t].count; a++) {
            const struct augmentation *const augmentation = &tables[t].table[a];
            bool changed = false;
            for (uint64_t draw = 0; draw < 8; draw++) {
                struct data_image before = test_image(90, 40), first = test_image(90, 40);
                struct data_image second = test_image(90, 40);
                struct philox random = draws(draw), again = random;
                assert_ok(augmentation->apply(&first, augmentation->range, &random));
                assert_ok(augmentation->apply(&second, augmentation->range, &again));
                assert_int_equal(first.width, second.width);
                assert_int_equal(first.height, second.height);
                assert_memory_equal(first.pixels, second.pixels, (size_t)first.width * first.height * 3);
                changed |= first.width != 90 || first.height != 40 ||
                           memcmp(first.pixels, before.pixels, 90 * 40 * 3) != 0;
                data_image_free(&before);
                data_image_free(&first);
                data_image_free(&second);
            }
            if (!changed)
                fail_msg("%s never changed the picture", augmentation->name);
        }
}

/* What moves or mixes pixels leaves a picture of one colour as it is, where no black comes in. */
static void one_colour_stays(void **state) {
    (void)state;
    enum status (*const keep[])(struct data_image *, const struct augment_range *, struct philox *) = {
        augment_blur,        augment_crop_rows, augment_crop_columns, augment_piecewise,
        augment_perspective, augment_turn,      augment_affine,       augment_distort,
        augment_motion_blur, augment_rescale,   augment_grey,
    };
    for (int t = 0; t < 3; t++)
        for (int a = 0; a < tables[t].count; a++)
            for (size_t k = 0; k < sizeof keep / sizeof keep[0]; k++) {
                if (tables[t].table[a].apply != keep[k])
                    continue;
                struct data_image image = grey_image(60, 25, 201);
                struct philox random = draws((uint64_t)a);
                assert_ok(keep[k](&image, tables[t].table[a].range, &random));
                for (size_t i = 0; i < (size_t)image.width * image.height * 3; i++)
                    assert_in_range(image.pixels[i], keep[k] == augment_perspective ? 0 : 200, 202);
                data_image_free(&image);
            }
}

static uint8_t apply_to_grey(const struct augmentation *augmentation, struct augment_range first,
                             struct augment_range second, uint8_t value) {
    const struct augment_range range[2] = {first, second};
    struct data_image image = grey_image(9, 9, value);
    struct philox random = draws(1);
    assert_ok(augmentation->apply(&image, range, &random));
    const uint8_t result = image.pixels[(4 * 9 + 4) * 3];
    data_image_free(&image);
    return result;
}

static const struct augmentation *named(const char *name) {
    for (int i = 0; i < AUGMENT_GUIDANCE_COUNT; i++)
        if (strcmp(augment_guidance[i].name, name) == 0)
            return &augment_guidance[i];
    fail_msg("no augmentation '%s'", name);
    return NULL;
}

static void colours_follow_their_formulas(void **state) {
    (void)state;
    const struct augment_range none = {0, 0}, half = {0.5f, 0.5f};
    assert_int_equal(apply_to_grey(named("contrast"), half, none, 227), 177);
    assert_int_equal(apply_to_grey(named("contrast"), half, none, 27), 77);
    /* (1 - 0.5) 100 + 0.5 (8 + 0.5 - 8) 100 */
    assert_int_equal(apply_to_grey(named("sharpen"), half, half, 100), 75);
    const struct augment_range threshold = {100, 100};
    const uint8_t above = apply_to_grey(named("solarize"), threshold, none, 101);
    const uint8_t below = apply_to_grey(named("solarize"), threshold, none, 99);
    assert_true((above == 154 && below == 99) || (above == 101 && below == 156));

    struct data_image image = grey_image(1, 1, 0);
    image.pixels[0] = 200;
    struct philox random = draws(0);
    assert_ok(augment_grey(&image, &half, &random)); /* grey is 59.8 */
    assert_int_equal(image.pixels[0], 130);
    assert_int_equal(image.pixels[1], 30);
    augment_to_grey(&image);
    assert_int_equal(image.pixels[0], image.pixels[1]);
    assert_int_equal(image.pixels[0], image.pixels[2]);
    data_image_free(&image);
}

static void jitter_shifts_hue_and_keeps_grey(void **state) {
    (void)state;
    const struct augment_range one = {1, 1}, third = {1.0f / 3, 1.0f / 3}, none = {0, 0}, zero = {0, 0};
    struct data_image image = grey_image(2, 1, 90);
    image.pixels[0] = 255;
    image.pixels[1] = image.pixels[2] = 15;
    struct philox random = draws(2);
    augment_jitter(&image, &(struct augment_jitter){one, one, one, third}, &random);
    const uint8_t expected[6] = {15, 255, 15, 90, 90, 90}; /* red becomes green */
    assert_memory_equal(image.pixels, expected, 6);
    augment_jitter(&image, &(struct augment_jitter){one, one, zero, none}, &random);
    assert_int_equal(image.pixels[0], image.pixels[1]);
    augment_jitter(&image, &(struct augment_jitter){zero, one, one, none}, &random);
    assert_int_equal(image.pixels[3], 0);
    data_image_free(&image);
}

static void rotation_grows_the_canvas(void **state) {
    (void)state;
    const struct augment_range right = {90, 90}, none = {0, 0};
    struct data_image image = test_image(40, 16), turned = test_image(40, 16);
    struct philox random = draws(3);
    assert_ok(augment_rotate(&turned, &right, &random));
    assert_int_equal(turned.width, 16);
    assert_int_equal(turned.height, 40);
    for (size_t y = 0; y < 16; y++) /* clockwise: row y becomes column 15 - y */
        for (size_t x = 0; x < 40; x++)
            for (size_t c = 0; c < 3; c++)
                assert_true(
                    abs(turned.pixels[(x * 16 + 15 - y) * 3 + c] - image.pixels[(y * 40 + x) * 3 + c]) <= 1);
    data_image_free(&turned);
    turned = test_image(40, 16);
    assert_ok(augment_rotate(&turned, &none, &random));
    assert_memory_equal(turned.pixels, image.pixels, 40 * 16 * 3);
    data_image_free(&turned);
    data_image_free(&image);
}

static void projective_maps_meet_their_corners(void **state) {
    (void)state;
    const struct warp_point corner[4] = {{3, 2}, {95, 7}, {88, 31}, {1, 28}};
    const struct warp_point rectangle[4] = {{0, 0}, {100, 0}, {100, 32}, {0, 32}};
    const struct warp_map map = warp_rectangle_to(corner, 100, 32), back = warp_inverse(&map);
    for (int i = 0; i < 4; i++) {
        const struct warp_point there = warp_apply(&map, rectangle[i]), here = warp_apply(&back, corner[i]);
        assert_true(fabs(there.x - corner[i].x) < 1e-9 && fabs(there.y - corner[i].y) < 1e-9);
        assert_true(fabs(here.x - rectangle[i].x) < 1e-9 && fabs(here.y - rectangle[i].y) < 1e-9);
    }
}

static void a_regular_grid_changes_nothing(void **state) {
    (void)state;
    struct data_image image = test_image(50, 20), drawn = test_image(50, 20);
    struct warp_point point[12];
    for (int i = 0; i < 12; i++)
        point[i] = (struct warp_point){50.0 * (i % 4) / 3, 20.0 * (i / 4) / 2};
    assert_ok(warp_draw_grid(&drawn, &(struct warp_grid){3, 4, point}));
    for (size_t i = 0; i < 50 * 20 * 3; i++)
        assert_true(abs(drawn.pixels[i] - image.pixels[i]) <= 1);
    data_image_free(&image);
    data_image_free(&drawn);
}

static void distributions_have_their_means(void **state) {
    (void)state;
    enum { COUNT = 20000 };
    const struct augment_range range = {-10, 30};
    double sums[3] = {0}, squares[3] = {0};
    struct philox random = draws(5);
    for (int i = 0; i < COUNT; i++) {
        const float values[3] = {augment_draw(&range, &random), augment_draw_middle(&range, &random),
                                 augment_draw_low(&range, &random)};
        for (int k = 0; k < 3; k++) {
            assert_true(values[k] >= -10 && values[k] <= 30);
            const double share = ((double)values[k] + 10) / 40;
            sums[k] += share / COUNT;
            squares[k] += share * share / COUNT;
        }
    }
    /* Mean and variance of the uniform distribution, Beta(4, 4) and Beta(1, 4). */
    const double means[3] = {0.5, 0.5, 0.2}, variances[3] = {1.0 / 12, 1.0 / 36, 4.0 / 150};
    for (int k = 0; k < 3; k++) {
        assert_true(fabs(sums[k] - means[k]) < 0.01);
        assert_true(fabs(squares[k] - sums[k] * sums[k] - variances[k]) < 0.003);
    }
}

static void views_depend_on_their_key(void **state) {
    (void)state;
    enum { SIZE = 3 * 32 * 128 };
    static float planes[2][SIZE];
    struct data_image image = test_image(300, 80), before = test_image(300, 80);
    const struct data_view_key keys[] = {{1, 0, 0}, {2, 0, 0}, {1, 1, 0}, {1, 0, 1}};
    for (int i = 0; i < 4; i++) {
        assert_ok(data_view_guidance(planes[0], &image, 32, 128, &data_view_published, &keys[0]));
        assert_ok(data_view_guidance(planes[1], &image, 32, 128, &data_view_published, &keys[i]));
        assert_int_equal(memcmp(planes[0], planes[1], sizeof planes[0]) == 0, i == 0);
    }
    int differ = 0;
    for (uint32_t index = 0; index < 20; index++) {
        const struct data_view_key key = {1, 0, index};
        assert_ok(data_view_recognition(planes[0], &image, 32, 128, &data_view_published, &key, 0));
        for (int i = 0; i < SIZE; i++)
            assert_true(fabsf(planes[0][i]) <= 1.0f);
        assert_ok(data_view_recognition(planes[1], &image, 32, 128, &data_view_published, &key, 1));
        differ += memcmp(planes[0], planes[1], sizeof planes[0]) != 0;
    }
    assert_in_range(differ, 10, 20);
    assert_memory_equal(image.pixels, before.pixels, 300 * 80 * 3); /* the image itself stays */
    data_image_free(&image);
    data_image_free(&before);
}

/* Of how many views of one image something is left as it was, for given chances. */
static int count_unchanged(const struct data_view_chances *chances, uint32_t views) {
    enum { SIZE = 3 * 16 * 32 };
    static float clean[SIZE], planes[SIZE];
    struct data_image image = test_image(32, 16);
    int unchanged = 0;
    assert_ok(data_view_clean(clean, &image, 16, 32));
    for (uint32_t index = 0; index < views; index++) {
        const struct data_view_key key = {9, 0, index};
        assert_ok(data_view_recognition(planes, &image, 16, 32, chances, &key, 0));
        unchanged += memcmp(clean, planes, sizeof clean) == 0;
    }
    data_image_free(&image);
    return unchanged;
}

/* As published 1/2 * 3/4 * 3/4 of the views are the image itself; a group that is certain leaves none so. */
static void groups_have_their_chances(void **state) {
    (void)state;
    enum { VIEWS = 2000 };
    const double part = 0.5 * 0.75 * 0.75, deviation = sqrt(VIEWS * part * (1 - part));
    assert_true(fabs(count_unchanged(&data_view_published, VIEWS) - VIEWS * part) < 5 * deviation);
    assert_int_equal(count_unchanged(&(struct data_view_chances){0}, 50), 50);
    assert_int_equal(count_unchanged(&(struct data_view_chances){.geometry = 1}, 50), 0);
    assert_int_equal(count_unchanged(&(struct data_view_chances){.deterioration = 1}, 50), 0);
    assert_int_equal(count_unchanged(&(struct data_view_chances){.colour = 1}, 50), 0);
}

/* How many of 300 views are the image as it was: without augmentation, jitter (0.8) and grey (0.2). */
static int count_plain_guidance(uint32_t least) {
    enum { SIZE = 3 * 32 * 128, IMAGES = 300 };
    static float planes[2][SIZE];
    const struct data_view_chances chances = {.least = least};
    struct data_image image = test_image(128, 32);
    int plain = 0;
    assert_ok(data_view_clean(planes[0], &image, 32, 128));
    for (uint32_t index = 0; index < IMAGES; index++) {
        const struct data_view_key key = {9, 0, index};
        assert_ok(data_view_guidance(planes[1], &image, 32, 128, &chances, &key));
        plain += memcmp(planes[0], planes[1], sizeof planes[0]) == 0;
    }
    data_image_free(&image);
    return plain;
}

static void guidance_has_the_least_that_is_asked(void **state) {
    (void)state;
    assert_true(count_plain_guidance(0) > 0); /* 300 x 1/11 x 0.2 x 0.8: 4 are expected */
    assert_int_equal(count_plain_guidance(3), 0);
    assert_int_equal(count_plain_guidance(10), 0);
}

static void views_take_extreme_shapes(void **state) {
    (void)state;
    static float planes[3 * 32 * 128];
    static const uint32_t sizes[][2] = {{1, 1}, {3000, 1}, {1, 3000}, {2000, 1500}};
    for (size_t s = 0; s < 4; s++) {
        struct data_image image = test_image(sizes[s][0], sizes[s][1]);
        for (uint32_t index = 0; index < 3; index++) {
            const struct data_view_key key = {3, 0, index};
            assert_ok(data_view_clean(planes, &image, 32, 128));
            assert_ok(data_view_guidance(planes, &image, 32, 128, &data_view_published, &key));
            assert_ok(data_view_recognition(planes, &image, 32, 128, &data_view_published, &key, 0));
        }
        data_image_free(&image);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_taken),
        cmocka_unit_test(each_changes_a_picture_and_repeats),
        cmocka_unit_test(one_colour_stays),
        cmocka_unit_test(colours_follow_their_formulas),
        cmocka_unit_test(jitter_shifts_hue_and_keeps_grey),
        cmocka_unit_test(rotation_grows_the_canvas),
        cmocka_unit_test(projective_maps_meet_their_corners),
        cmocka_unit_test(a_regular_grid_changes_nothing),
        cmocka_unit_test(distributions_have_their_means),
        cmocka_unit_test(views_depend_on_their_key),
        cmocka_unit_test(groups_have_their_chances),
        cmocka_unit_test(guidance_has_the_least_that_is_asked),
        cmocka_unit_test(views_take_extreme_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
