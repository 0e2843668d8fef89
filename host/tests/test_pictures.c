/* Pictures: canvas, letters, principal components, patches, curves, and the pages that are made of them. */
#include "tiny_recogniser.h"

#include "train/picture.h"
#include "train/picture_grid.h"
#include "train/plot.h"
#include "train/principal.h"
#include "train/step.h"

#include <math.h>

static struct lettering *lettering;

static int start(void **state) {
    if (make_test_folder(state) != 0 || lettering_open(&lettering) != STATUS_OK)
        return 1;
    train_tiny_recogniser();
    return 0;
}

static int finish(void **state) {
    lettering_close(lettering);
    return remove_test_folder(state);
}

static bool has_colour(const struct data_image *page, int x, int y, struct canvas_colour colour) {
    const uint8_t *const pixel = page->pixels + ((size_t)y * page->width + (size_t)x) * 3;
    return pixel[0] == colour.red && pixel[1] == colour.green && pixel[2] == colour.blue;
}

/* Pixels of a box that are not white. */
static int ink(const struct data_image *page, struct canvas_box box) {
    int count = 0;
    for (int y = box.y; y < box.y + box.height; y++)
        for (int x = box.x; x < box.x + box.width; x++)
            count += !has_colour(page, x, y, canvas_grey(255));
    return count;
}

static bool same_picture(const struct data_image *a, const struct data_image *b) {
    return a->width == b->width && a->height == b->height &&
           memcmp(a->pixels, b->pixels, (size_t)a->width * a->height * 3) == 0;
}

/* ---- canvas ---- */

static void what_is_drawn_is_where_it_belongs(void **state) {
    (void)state;
    struct data_image page, patch;
    const struct canvas_colour red = {200, 10, 20};
    assert_ok(canvas_new(&page, 40, 30));
    assert_int_equal(ink(&page, (struct canvas_box){0, 0, 40, 30}), 0);
    canvas_fill(&page, (struct canvas_box){-5, 28, 10, 10}, red); /* most of it outside */
    assert_int_equal(ink(&page, (struct canvas_box){0, 0, 40, 30}), 5 * 2);
    assert_true(has_colour(&page, 4, 29, red));
    canvas_line(&page, (struct canvas_point){10, 15}, (struct canvas_point){30, 15}, 2, canvas_grey(0));
    assert_true(has_colour(&page, 20, 14, canvas_grey(0)));
    assert_true(has_colour(&page, 20, 15, canvas_grey(0)));
    assert_true(has_colour(&page, 20, 18, canvas_grey(255)));
    assert_true(has_colour(&page, 34, 15, canvas_grey(255)));
    canvas_line(&page, (struct canvas_point){-100, -90}, (struct canvas_point){400, 800}, 1, red);

    assert_ok(canvas_new(&patch, 2, 1));
    canvas_fill(&patch, (struct canvas_box){1, 0, 1, 1}, red);
    canvas_paste(&page, 36, 0, &patch, 3);
    assert_true(has_colour(&page, 38, 2, canvas_grey(255)));
    assert_true(has_colour(&page, 39, 0, red) && has_colour(&page, 39, 2, red));
    data_image_free(&patch);
    data_image_free(&page);
}

static void what_is_saved_is_read(void **state) {
    (void)state;
    struct data_image page, read;
    assert_ok(canvas_new(&page, 61, 23));
    for (size_t i = 0; i < 61 * 23 * 3; i++)
        page.pixels[i] = (uint8_t)(i * i >> 3);
    assert_ok(canvas_save(&page, in_folder("page.png")));
    assert_ok(data_image_read(&read, in_folder("page.png")));
    assert_true(same_picture(&page, &read));
    assert_int_not_equal(canvas_save(&page, in_folder("no/such/folder/page.png")), STATUS_OK);
    assert_non_null(strstr(status_message(), "no/such/folder"));
    data_image_free(&read);
    data_image_free(&page);
}

/* ---- letters ---- */

static void check_letters(struct lettering *letters) {
    struct data_image page, other;
    assert_ok(canvas_new(&page, 400, 60));
    assert_ok(canvas_new(&other, 400, 60));
    const int one = lettering_width(letters, 16, "m"), word = lettering_width(letters, 16, "mmmm");
    assert_int_equal(word, 4 * one);
    assert_int_equal(lettering_width(letters, 16, ""), 0);
    assert_true(lettering_width(letters, 32, "mmmm") > word);
    lettering_draw(letters, &page, 20, 20, 16, "mmmm", canvas_grey(0));
    assert_true(ink(&page, (struct canvas_box){20, 20, word, 22}) > 40);
    assert_int_equal(ink(&page, (struct canvas_box){0, 0, 400, 60}),
                     ink(&page, (struct canvas_box){18, 20, word + 4, 22}));
    lettering_draw(letters, &other, 20, 20, 16, "mnmm", canvas_grey(0));
    assert_false(same_picture(&page, &other));
    /* what no font has, what is no UTF-8, and what does not fit */
    assert_true(lettering_width(letters, 16, "\U0010FFFF\xFF") > 0);
    lettering_draw(letters, &page, 390, 50, 40, "\U0010FFFF\xFFout of the page", canvas_grey(0));
    lettering_draw(letters, &page, -50, -50, 40, "out of the page", canvas_grey(0));
    data_image_free(&page);
    data_image_free(&other);
}

static void letters_are_drawn_with_and_without_fonts(void **state) {
    (void)state;
    check_letters(lettering);
    struct lettering *plain;
    assert_ok(lettering_open_plain(&plain));
    check_letters(plain);
    lettering_close(plain);
}

/* ---- principal components ---- */

/* Points along three known directions, with deviations 3, 2 and 1, around a known mean. */
static void principal_components_are_found(void **state) {
    (void)state;
    enum { WIDTH = 5, COUNT = 12 };
    static const double axes[3][WIDTH] = {
        {0.6, 0.8, 0, 0, 0}, {-0.8, 0.6, 0, 0, 0}, {0, 0, 0, 1, 0}}; /* the largest entry positive? below */
    float rows[COUNT][WIDTH];
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < WIDTH; j++) {
            /* four of the twelve lie on each axis, sqrt(3) deviations from the middle */
            const double amount = (i % 2 ? 1 : -1) * (3 - i / 2 % 3) * sqrt(3);
            rows[i][j] = (float)(7 + j + amount * axes[i / 2 % 3][j]);
        }
    struct principal principal;
    assert_ok(principal_find(&principal, rows[0], COUNT, WIDTH));
    for (int k = 0; k < 3; k++) {
        double dot = 0;
        for (int j = 0; j < WIDTH; j++)
            dot += axes[k][j] * principal.axis[k * WIDTH + j];
        assert_true(fabs(fabs(dot) - 1) < 1e-6);
        assert_true(fabs(principal.deviation[k] - (3 - k)) < 1e-5);
    }
    for (int j = 0; j < WIDTH; j++)
        assert_true(fabs(principal.mean[j] - (7 + j)) < 1e-6);
    double out[3];
    principal_project(&principal, rows[1], out); /* plus along the first */
    assert_true(fabs(fabs(out[0]) - sqrt(3)) < 1e-5 && fabs(out[1]) < 1e-5 && fabs(out[2]) < 1e-5);
    principal_free(&principal);
}

static void colours_of_odd_features_are_colours(void **state) {
    (void)state;
    float rows[4][2] = {{5, 5}, {5, 5}, {5, 5}, {5, 5}};
    uint8_t colour[3];
    struct principal principal;
    assert_ok(principal_find(&principal, rows[0], 4, 2)); /* no direction at all */
    principal_colour(&principal, rows[0], colour);
    assert_int_equal(colour[0], 127);
    assert_int_equal(colour[1], 127);
    principal_free(&principal);
    rows[0][0] = 1000;
    assert_ok(principal_find(&principal, rows[0], 4, 2)); /* one direction */
    rows[0][0] = 1e9F;
    principal_colour(&principal, rows[0], colour);
    assert_int_equal(colour[0], 255);
    assert_int_equal(colour[2], 127);
    rows[0][0] = NAN;
    principal_colour(&principal, rows[0], colour);
    assert_int_equal(colour[0], 0);
    principal_free(&principal);
}

/* ---- patches ---- */

/* A patch, made a target as the objective does and undone with its moments, is the patch again. */
static void patches_are_put_back(void **state) {
    (void)state;
    enum { HEIGHT = 8, WIDTH = 16, FLOATS = 3 * HEIGHT * WIDTH };
    const struct picture_grid grid = {HEIGHT, WIDTH, 2, 4, 2};
    assert_int_equal(picture_grid_tokens(&grid), 2 * 2);
    float image[FLOATS], coarse[FLOATS], planes[FLOATS] = {0};
    for (int i = 0; i < FLOATS; i++)
        image[i] = sinf((float)(i * i % 97));
    picture_grid_image(&grid, coarse, image);
    const float mean = (image[0] + image[1] + image[WIDTH] + image[WIDTH + 1]) / 4;
    assert_true(fabsf(coarse[0] - mean) < 1e-6F && coarse[0] == coarse[WIDTH + 1]);
    for (size_t token = 0; token < 4; token++) {
        double centre, deviation;
        picture_grid_moments(&grid, image, token, &centre, &deviation);
        float patch[2 * 4 * 3];
        for (size_t i = 0; i < 24; i++) {
            const size_t y = (token / 2 * 2 + i / 12) * 2, x = (token % 2 * 4 + i / 3 % 4) * 2;
            patch[i] = (float)(((double)coarse[(i % 3 * HEIGHT + y) * WIDTH + x] - centre) / deviation);
        }
        picture_grid_patch(&grid, planes, token, patch, deviation, centre);
    }
    for (int i = 0; i < FLOATS; i++)
        assert_true(fabsf(planes[i] - coarse[i]) < 1e-5F);
    picture_grid_colour(&grid, planes, 3, (const uint8_t[]){255, 0, 255});
    assert_true(planes[FLOATS - 1] == 1 && planes[FLOATS - 1 - HEIGHT * WIDTH] == -1);
    assert_true(fabsf(planes[0] - coarse[0]) < 1e-5F);
}

/* The variance of pixel targets has one less than the count as its divisor. */
static void moments_are_those_of_the_target(void **state) {
    (void)state;
    const struct picture_grid grid = {2, 4, 2, 4, 1};
    float image[24];
    double mean, deviation;
    for (int i = 0; i < 24; i++)
        image[i] = i % 2 ? 0.5F : -0.3F;
    picture_grid_moments(&grid, image, 0, &mean, &deviation);
    assert_true(fabs(mean - 0.1) < 1e-7);
    assert_true(fabs(deviation - sqrt(0.16 * 24 / 23 + 1e-6)) < 1e-7);
}

static void samples_are_spread_and_usable(void **state) {
    (void)state;
    write_text(in_folder("words/bad.png"), "no image");
    write_text(in_folder("words/some.tsv"), "bad.png\tx\n0.png\tab\n1.png\tAb!\nbad.png\ty\n3.png\n");
    const char *const path = in_folder("words/some.tsv");
    struct data_set *set;
    struct picture_samples samples;
    const struct settings settings = tiny_settings();
    assert_ok(data_set_open(&set, &path, 1));
    assert_ok(picture_samples_open(&samples, set, &settings, 2)); /* of 0, 1 and of 2, 3, 4 */
    assert_int_equal(samples.count, 2);
    assert_string_equal(samples.label[0], "ab");
    assert_string_equal(samples.label[1], "Ab!");
    float *const planes = tiny_planes(1);
    assert_memory_equal(samples.image + 3 * 8 * 32, planes, 3 * 8 * 32 * sizeof(float));
    free(planes);
    picture_samples_free(&samples);
    assert_ok(picture_samples_open(&samples, set, &settings, 100));
    assert_int_equal(samples.count, 3);
    assert_null(samples.label[2]);
    picture_samples_free(&samples);
    data_set_close(set);
    write_text(in_folder("words/none.tsv"), "bad.png\tx\n");
    const char *const none = in_folder("words/none.tsv");
    assert_ok(data_set_open(&set, &none, 1));
    assert_refused(picture_samples_open(&samples, set, &settings, 2), STATUS_INVALID, "none of the 1");
    data_set_close(set);
}

/* ---- pages of pre-training ---- */

static struct picture_samples word_samples(const struct settings *settings) {
    const char *const path = in_folder("words");
    struct data_set *set;
    struct picture_samples samples;
    assert_ok(data_set_open(&set, &path, 1));
    assert_ok(picture_samples_open(&samples, set, settings, TINY_WORDS));
    data_set_close(set);
    return samples;
}

static struct train_step *new_step(const struct settings *settings, uint64_t seed) {
    struct train_step *step;
    assert_ok(train_step_create(&step, settings, &(struct train_step_options){.batch = 1}));
    assert_ok(executor_initialise(step->executor, seed));
    assert_ok(executor_run(step->executor, step->start_segment));
    return step;
}

static struct settings tiny_pretraining(enum settings_objective objective) {
    struct settings s = tiny_settings();
    s.objective = objective;
    s.image_height = 16, s.patch_width = 4; /* 4 x 8 patches */
    s.decoder_width = 16, s.decoder_heads = 2, s.decoder_depth = 1;
    s.teacher_kind = SETTINGS_TEACHER_MOMENTUM;
    s.mask_ratio = 0.75;
    return s;
}

/* Where cells are: 4 times as large as the image, as long as a page is not too wide. */
enum { SCALE = 4, CELL_WIDTH = 32 * SCALE, CELL_HEIGHT = 16 * SCALE, PATCH = 4 * SCALE, TOP = 78 + 28 };

static struct canvas_box patch_box(int column, int row, int token) {
    return (struct canvas_box){16 + column * (CELL_WIDTH + 8) + token % 8 * PATCH,
                               TOP + row * (CELL_HEIGHT + 8) + token / 8 * PATCH, PATCH, PATCH};
}

static bool same_box(const struct data_image *page, struct canvas_box a, struct canvas_box b) {
    for (int y = 0; y < a.height; y++)
        for (int x = 0; x < a.width; x++) {
            const uint8_t *const pixel =
                page->pixels + ((size_t)(a.y + y) * page->width + (size_t)(a.x + x)) * 3;
            if (!has_colour(page, b.x + x, b.y + y, (struct canvas_colour){pixel[0], pixel[1], pixel[2]}))
                return false;
        }
    return true;
}

static bool is_plain(const struct data_image *page, struct canvas_box box) {
    const struct canvas_box shifted = {box.x + 1, box.y, box.width - 1, box.height};
    const struct canvas_box lowered = {box.x, box.y + 1, box.width, box.height - 1};
    return same_box(page, shifted, box) && same_box(page, lowered, box);
}

static struct data_image preview_of(const struct settings *settings, uint64_t seed) {
    struct picture_samples samples = word_samples(settings);
    struct picture_preview *preview;
    struct train_step *const step = new_step(settings, seed);
    struct data_image page, again;
    assert_ok(picture_preview_open(&preview, settings, &samples, NULL));
    assert_ok(picture_preview_draw(preview, step->executor, step->graph, lettering, "title", &page));
    assert_ok(picture_preview_draw(preview, step->executor, step->graph, lettering, "title", &again));
    assert_true(same_picture(&page, &again));
    data_image_free(&again);
    picture_preview_close(preview);
    picture_samples_free(&samples);
    train_step_destroy(step);
    return page;
}

/* Holds column `prediction` against the column it has its kept patches from. */
static void check_masking(const struct data_image *page, int masked, int given, int prediction) {
    int removed = 0, changed = 0;
    for (int row = 0; row < TINY_WORDS; row++)
        for (int token = 0; token < 32; token++) {
            const struct canvas_box box = patch_box(masked, row, token);
            const bool is_hole = has_colour(page, box.x, box.y, canvas_grey(200)) &&
                                 has_colour(page, box.x + 15, box.y + 15, canvas_grey(200));
            const bool same = same_box(page, patch_box(given, row, token), patch_box(prediction, row, token));
            assert_true(same_box(page, box, patch_box(0, row, token)) == !is_hole);
            assert_true(same || is_hole);
            removed += is_hole;
            changed += !same;
        }
    assert_int_equal(removed, TINY_WORDS * 24);
    assert_true(changed > removed / 2);
}

static void a_page_of_mae_shows_image_mask_and_prediction(void **state) {
    (void)state;
    const struct settings settings = tiny_pretraining(SETTINGS_OBJECTIVE_MAE);
    struct data_image page = preview_of(&settings, 1), other = preview_of(&settings, 2);
    assert_int_equal(page.width, 2 * 16 + 3 * CELL_WIDTH + 2 * 8);
    assert_int_equal(page.height, TOP + TINY_WORDS * (CELL_HEIGHT + 8) + 8);
    check_masking(&page, 1, 0, 2);
    assert_false(same_picture(&page, &other)); /* other weights, other predictions */
    for (int column = 0; column < 2; column++)
        for (int token = 0; token < 32; token++) {
            const struct canvas_box box = patch_box(column, 1, token);
            const uint8_t *const pixel = other.pixels + ((size_t)box.y * other.width + (size_t)box.x) * 3;
            assert_true(
                has_colour(&page, box.x, box.y, (struct canvas_colour){pixel[0], pixel[1], pixel[2]}));
        }
    data_image_free(&page);
    data_image_free(&other);
}

static void a_page_of_mnsp_shows_features_and_scales(void **state) {
    (void)state;
    const struct settings settings = tiny_pretraining(SETTINGS_OBJECTIVE_MNSP);
    struct data_image page = preview_of(&settings, 1);
    assert_int_equal(page.width, 2 * 16 + 6 * CELL_WIDTH + 5 * 8); /* K = 3: two scales are predicted */
    assert_int_equal(page.height, TOP - 28 + 2 * (28 + TINY_WORDS * (CELL_HEIGHT + 8) + 8));
    check_masking(&page, 2, 3, 4);
    const int second = 28 + TINY_WORDS * (CELL_HEIGHT + 8) + 8;
    for (int token = 0; token < 32; token++) {
        /* features have one colour per patch; at scale 2, one per 2 x 2 patches */
        assert_true(is_plain(&page, patch_box(3, 0, token)));
        struct canvas_box box = patch_box(1, 0, token / 16 * 16 + token % 8 / 2 * 2);
        box.y += second, box.width *= 2, box.height *= 2;
        assert_true(is_plain(&page, box));
        /* the image at scale 1 is 4 times coarser, at scale 2 twice */
        box = patch_box(0, 0, token);
        box.y += second;
        assert_true(is_plain(&page, box));
        box = patch_box(3, 0, token);
        box.y += second, box.width /= 2, box.height /= 2;
        assert_true(is_plain(&page, box));
    }
    data_image_free(&page);
}

static void every_kind_of_pretraining_has_a_page(void **state) {
    (void)state;
    struct settings variants[5];
    for (int i = 0; i < 5; i++)
        variants[i] = tiny_pretraining(i == 0 ? SETTINGS_OBJECTIVE_LMIM : SETTINGS_OBJECTIVE_MNSP);
    variants[0].mim_target = SETTINGS_MIM_PIXELS;
    variants[1].nsp_target = SETTINGS_NSP_PIXELS;
    variants[2].coupling = SETTINGS_COUPLING_FUSED;
    variants[3].weight_mim = 0;
    variants[4].weight_nsp = 0;
    static const int columns[5] = {4, 5, 5, 6, 5};
    for (int i = 0; i < 5; i++) {
        struct data_image page = preview_of(&variants[i], 1);
        assert_int_equal(page.width, 2 * 16 + columns[i] * (CELL_WIDTH + 8) - 8);
        data_image_free(&page);
    }
}

/* ---- pages of recognition ---- */

/* Pixels that are clearly more green than red, and the reverse, to the right of the pictures. */
static void count_colours(const struct data_image *page, int *green, int *red) {
    *green = *red = 0;
    for (size_t i = 0; i < (size_t)page->width * page->height; i++) {
        const uint8_t *const pixel = page->pixels + i * 3;
        const size_t x = i % page->width; /* pictures are 256 wide, two columns of cells 508 wide */
        if (x < 16 + 256 || (x >= 536 && x < 536 + 256))
            continue;
        *green += pixel[1] > pixel[0] + 60;
        *red += pixel[0] > pixel[1] + 60;
    }
}

static void a_page_of_words_shows_what_is_right(void **state) {
    (void)state;
    const struct settings settings = tiny_settings();
    struct picture_samples samples = word_samples(&settings);
    struct recogniser *const recogniser = open_tiny(3); /* fewer than there are */
    struct data_image page;
    struct recogniser_reading readings[TINY_WORDS];
    int green, red;
    assert_ok(picture_words_read(recogniser, &samples, readings));
    assert_ok(picture_words_draw(&samples, readings, lettering, "title", &page));
    count_colours(&page, &green, &red);
    assert_true(green > 20);
    assert_int_equal(red, 0);
    data_image_free(&page);
    for (size_t i = 0; i < samples.count; i++)
        strcpy(samples.label[i], i == 0 ? "AB" : "?");
    assert_ok(picture_words_draw(&samples, readings, lettering, "title", &page));
    count_colours(&page, &green, &red);
    assert_true(green > 5 && red > 20);
    data_image_free(&page);
    recogniser_readings_free(readings, samples.count);
    recogniser_close(recogniser);
    picture_samples_free(&samples);
}

/* ---- curves ---- */

static struct data_image curves_of(const char *text) {
    struct data_image page;
    write_text(in_folder("log.jsonl"), text);
    assert_ok(plot_log(&page, lettering, in_folder("log.jsonl")));
    return page;
}

static const char steps[] =
    "{\"event\":\"step\",\"step\":10,\"loss\":4,\"loss.mim\":3,\"loss.nsp\":1,\"rate\":0.1}\n"
    "{\"event\":\"step\",\"step\":20,\"loss\":2,\"loss.mim\":1,\"loss.nsp\":1,\"rate\":0.2}\n";

static void curves_follow_the_log(void **state) {
    (void)state;
    char text[2048];
    struct data_image page = curves_of(steps);
    assert_int_equal(page.width, 1000);
    assert_int_equal(page.height, 630);
    assert_true(ink(&page, (struct canvas_box){0, 0, 1000, 400}) > 2000);
    struct data_image read;
    assert_ok(canvas_save(&page, in_folder("curves.png")));
    assert_ok(data_image_read(&read, in_folder("curves.png")));
    assert_true(same_picture(&page, &read));
    data_image_free(&read);

    /* Lines of other events, broken ones, and a resumed run's repetition change nothing. */
    snprintf(text, sizeof text,
             "{\"event\":\"start\",\"steps\":20}\n"
             "{\"event\":\"step\",\"step\":10,\"loss\":9,\"loss.mim\":9,\"loss.nsp\":9,\"rate\":9}\n"
             "{\"event\":\"step\",\"step\":15,\"loss\":9,\"loss.mim\":9,\"loss.nsp\":9,\"rate\":9}\n"
             "{\"event\":\"step\",\"st\nnonsense\n[1]\n7\n{\"event\":\"checkpoint\",\"step\":10}\n%s",
             steps);
    struct data_image same = curves_of(text);
    assert_true(same_picture(&page, &same));
    data_image_free(&same);

    snprintf(text, sizeof text, "%s{\"event\":\"step\",\"step\":30,\"loss\":null,\"rate\":0.2}\n", steps);
    struct data_image other = curves_of(text);
    assert_false(same_picture(&page, &other));
    data_image_free(&other);
    data_image_free(&page);
}

static void curves_show_accuracy_where_there_is_one(void **state) {
    (void)state;
    char text[2048];
    snprintf(text, sizeof text,
             "%s{\"event\":\"evaluate\",\"step\":20,\"data\":\"sets/a\",\"words\":9,\"accuracy\":0.5}\n",
             steps);
    struct data_image page = curves_of(text);
    assert_int_equal(page.height, 860);
    data_image_free(&page);
}

/* The height at which a column of pixels meets the curve of the loss. */
static double height_of_curve(const struct data_image *page, int x) {
    double sum = 0, count = 0;
    for (int y = 0; y < 400; y++)
        if (has_colour(page, x, y, (struct canvas_colour){0, 95, 180})) {
            sum += y;
            count++;
        }
    assert_true(count > 0);
    return sum / count;
}

/* A loss that falls by the same factor again and again is a straight line. */
static void wide_ranges_are_logarithmic(void **state) {
    (void)state;
    struct data_image page = curves_of("{\"event\":\"step\",\"step\":1,\"loss\":1000,\"rate\":1}\n"
                                       "{\"event\":\"step\",\"step\":2,\"loss\":10,\"rate\":1}\n"
                                       "{\"event\":\"step\",\"step\":3,\"loss\":0.1,\"rate\":1}\n");
    const double high = height_of_curve(&page, 400), middle = height_of_curve(&page, 650),
                 low = height_of_curve(&page, 900);
    assert_true(low > middle + 50 && middle > high + 50);
    assert_true(fabs(low + high - 2 * middle) < 3);
    data_image_free(&page);
}

/* However long a log, and whatever its numbers. */
static void curves_of_odd_logs_are_drawn(void **state) {
    (void)state;
    FILE *const file = fopen(in_folder("log.jsonl"), "w");
    assert_non_null(file);
    for (int i = 1; i <= 30000; i++)
        fprintf(file, "{\"event\":\"step\",\"step\":%d,\"loss\":%g,\"rate\":1e-30}\n", i, 1e30 / i / i / i);
    assert_int_equal(fclose(file), 0);
    struct data_image page;
    assert_ok(plot_log(&page, lettering, in_folder("log.jsonl")));
    assert_true(ink(&page, (struct canvas_box){80, 60, 900, 300}) > 900);
    data_image_free(&page);
    page = curves_of("{\"event\":\"step\",\"step\":1,\"loss\":0,\"rate\":-1}\n");
    data_image_free(&page);
    page = curves_of("{\"event\":\"step\",\"step\":1,\"loss\":null}\n");
    data_image_free(&page);
    assert_refused(plot_log(&page, lettering, in_folder("gone.jsonl")), STATUS_INVALID, "gone.jsonl");
    write_text(in_folder("empty.jsonl"), "");
    assert_refused(plot_log(&page, lettering, in_folder("empty.jsonl")), STATUS_INVALID, "empty.jsonl");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_drawn_is_where_it_belongs),
        cmocka_unit_test(what_is_saved_is_read),
        cmocka_unit_test(letters_are_drawn_with_and_without_fonts),
        cmocka_unit_test(principal_components_are_found),
        cmocka_unit_test(colours_of_odd_features_are_colours),
        cmocka_unit_test(patches_are_put_back),
        cmocka_unit_test(moments_are_those_of_the_target),
        cmocka_unit_test(samples_are_spread_and_usable),
        cmocka_unit_test(a_page_of_mae_shows_image_mask_and_prediction),
        cmocka_unit_test(a_page_of_mnsp_shows_features_and_scales),
        cmocka_unit_test(every_kind_of_pretraining_has_a_page),
        cmocka_unit_test(a_page_of_words_shows_what_is_right),
        cmocka_unit_test(curves_follow_the_log),
        cmocka_unit_test(curves_show_accuracy_where_there_is_one),
        cmocka_unit_test(wide_ranges_are_logarithmic),
        cmocka_unit_test(curves_of_odd_logs_are_drawn),
    };
    return cmocka_run_group_tests(tests, start, finish);
}
