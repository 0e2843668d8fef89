/* Batches: the same whatever the number of threads and the step they start from, and what becomes of bad
 * images and labels. */
#include "data_files.h"

#include "data/loader.h"

#include <math.h>

enum { COUNT = 23 };

static struct data_set *good, *mixed;
static struct data_charset charset;

/* A folder of COUNT images, and one where every third is bad in some way. */
static int make_sets(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    const char *const folder = in_folder("good");
    write_labelled_folder(folder, COUNT);
    write_png(in_folder("fine.png"), 30, 12, 1);
    write_text(in_folder("bad.png"), "no image");
    char text[2000] = "";
    for (int i = 0; i < 4; i++)
        strcat(text, "fine.png\tone\n"
                     "bad.png\ttwo\n"
                     "fine.png\n"
                     "fine.png\tabcdefghijklmnopqrstuvwx\n" /* 24 characters */
                     "fine.png\tabcdefghijklmnopqrstuvw\n"  /* 23 */
                     "gone.png\tthree\n");
    write_text(in_folder("mixed.tsv"), text);
    const char *const file = in_folder("mixed.tsv");
    if (data_charset_open(&charset, "ascii94") != STATUS_OK || data_set_open(&good, &folder, 1) != STATUS_OK)
        return 1;
    return data_set_open(&mixed, &file, 1) != STATUS_OK;
}

static int remove_sets(void **state) {
    data_set_close(good);
    data_set_close(mixed);
    data_charset_free(&charset);
    return remove_test_folder(state);
}

static struct data_loader_settings training(void) {
    return (struct data_loader_settings){
        .batch = 4,
        .height = 16,
        .width = 40,
        .seed = 7,
        .threads = 2,
        .order = DATA_SHUFFLED,
        .clean = true,
        .guidance = true,
        .recognition_views = 2,
        .charset = &charset,
        .target_steps = 25,
    };
}

static uint64_t hash(uint64_t value, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        value = (value ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
    return value;
}

/* A number for everything a batch holds. */
static uint64_t batch_hash(const struct data_batch *batch, const struct data_loader_settings *settings) {
    const size_t planes = 3 * settings->height * settings->width, rows = batch->count;
    uint64_t value = hash(0xCBF29CE484222325u, &batch->step, sizeof batch->step);
    value = hash(value, batch->item, rows * sizeof *batch->item);
    value = hash(value, batch->image, rows * planes * sizeof(float));
    if (batch->guidance != NULL)
        value = hash(value, batch->guidance, rows * planes * sizeof(float));
    for (size_t view = 0; view < settings->recognition_views; view++)
        value =
            hash(value, &batch->recognition[view * settings->batch * planes], rows * planes * sizeof(float));
    if (batch->target == NULL)
        return value;
    value = hash(value, batch->target, rows * settings->target_steps * sizeof *batch->target);
    for (size_t row = 0; row < rows; row++)
        value = hash(value, batch->label[row], strlen(batch->label[row]));
    return hash(value, batch->length, rows * sizeof *batch->length);
}

/* Hashes of `count` batches, and how many images were found unusable. */
static size_t run(struct data_set *set, struct data_loader_settings settings, uint64_t *hashes,
                  size_t count) {
    struct data_loader *loader;
    const struct data_batch *batch;
    assert_ok(data_loader_open(&loader, set, &settings));
    for (size_t i = 0; i < count; i++) {
        assert_ok(data_loader_next(loader, &batch));
        assert_non_null(batch);
        assert_int_equal(batch->step, settings.first_step + i);
        hashes[i] = batch_hash(batch, &settings);
    }
    size_t problems = 0;
    for (int problem = 0; problem < DATA_PROBLEM_COUNT; problem++)
        problems += data_loader_problems(loader, problem);
    data_loader_close(loader);
    return problems;
}

static void threads_do_not_matter(void **state) {
    (void)state;
    uint64_t one[17], many[17];
    struct data_set *const sets[] = {good, mixed};
    for (int set = 0; set < 2; set++)
        for (uint32_t threads = 2; threads <= 5; threads += 3) {
            struct data_loader_settings settings = training();
            settings.threads = 1;
            const size_t problems = run(sets[set], settings, one, 17);
            settings.threads = threads;
            assert_int_equal(run(sets[set], settings, many, 17), problems);
            assert_memory_equal(one, many, sizeof one);
        }
}

static void a_resumed_run_continues(void **state) {
    (void)state;
    uint64_t whole[20], rest[9];
    struct data_loader_settings settings = training();
    run(good, settings, whole, 20);
    settings.first_step = 11;
    run(good, settings, rest, 9);
    assert_memory_equal(whole + 11, rest, sizeof rest);
}

static void seeds_and_epochs_differ(void **state) {
    (void)state;
    uint64_t first[10], second[10];
    struct data_loader_settings settings = training();
    run(good, settings, first, 10);
    settings.seed = 8;
    run(good, settings, second, 10);
    assert_memory_not_equal(first, second, sizeof first);
    assert_true(first[0] != first[5]); /* 23 / 4: an epoch has 5 steps */
}

static void an_epoch_shows_every_image_once(void **state) {
    (void)state;
    struct data_loader_settings settings = training();
    settings.batch = 1;
    struct data_loader *loader;
    const struct data_batch *batch;
    assert_ok(data_loader_open(&loader, good, &settings));
    for (uint32_t epoch = 0; epoch < 3; epoch++) {
        int seen[COUNT] = {0}, moved = 0;
        for (uint32_t i = 0; i < COUNT; i++) {
            assert_ok(data_loader_next(loader, &batch));
            assert_int_equal(batch->epoch, epoch);
            seen[batch->item[0]]++;
            moved += batch->item[0] != i;
        }
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(seen[i], 1);
        assert_true(moved > COUNT / 2);
    }
    data_loader_close(loader);
}

static void a_sequential_pass_ends_with_what_is_left(void **state) {
    (void)state;
    struct data_loader_settings settings = training();
    settings.order = DATA_SEQUENTIAL;
    settings.batch = 10;
    struct data_loader *loader;
    const struct data_batch *batch;
    assert_ok(data_loader_open(&loader, good, &settings));
    uint32_t item = 0;
    for (int step = 0; step < 3; step++) {
        assert_ok(data_loader_next(loader, &batch));
        assert_int_equal(batch->count, step < 2 ? 10 : 3);
        for (size_t row = 0; row < batch->count; row++, item++) {
            char expected[20];
            snprintf(expected, sizeof expected, "word%u", item);
            assert_int_equal(batch->item[row], item);
            assert_string_equal(batch->label[row], expected);
            assert_int_equal(batch->length[row], strlen(expected) + 1);
        }
    }
    for (int i = 0; i < 2; i++) {
        assert_ok(data_loader_next(loader, &batch));
        assert_null(batch);
    }
    data_loader_close(loader);
}

static char reports[4000];
static void keep_report(void *context, const char *message) {
    ++*(int *)context;
    strcat(strcat(reports, message), "\n");
}

static void bad_images_are_replaced_and_named(void **state) {
    (void)state;
    int told = 0;
    struct data_loader_settings settings = training();
    settings.report = keep_report;
    settings.report_context = &told;
    struct data_loader *loader;
    const struct data_batch *batch;
    assert_ok(data_loader_open(&loader, mixed, &settings));
    reports[0] = '\0';
    for (int i = 0; i < 12; i++) {
        assert_ok(data_loader_next(loader, &batch));
        assert_int_equal(batch->count, 4);
        for (size_t row = 0; row < 4; row++)
            assert_true(batch->item[row] % 6 == 0 || batch->item[row] % 6 == 4);
    }
    assert_int_equal(data_loader_problems(loader, DATA_UNDECODABLE), 8);
    assert_int_equal(data_loader_problems(loader, DATA_UNLABELLED), 4);
    assert_int_equal(data_loader_problems(loader, DATA_LABEL_TOO_LONG), 4);
    assert_int_equal(told, DATA_PROBLEMS_NAMED);
    assert_non_null(strstr(reports, "bad.png: not a JPEG, PNG or BMP"));
    assert_non_null(strstr(reports, "gone.png: "));
    assert_non_null(strstr(reports, "fine.png: it has no label"));
    assert_non_null(strstr(reports, "'abcdefghijklmnopqrstuvwx' has more characters than 23"));
    data_loader_close(loader);
}

static void images_alone_need_no_labels(void **state) {
    (void)state;
    struct data_loader_settings settings = training();
    settings.charset = NULL;
    uint64_t hashes[12];
    assert_int_equal(run(mixed, settings, hashes, 12), 8); /* the undecodable ones only */
}

static void a_sequential_pass_leaves_bad_images_out(void **state) {
    (void)state;
    struct data_loader_settings settings = training();
    settings.order = DATA_SEQUENTIAL;
    settings.batch = 6;
    struct data_loader *loader;
    const struct data_batch *batch;
    assert_ok(data_loader_open(&loader, mixed, &settings));
    for (uint32_t step = 0; step < 4; step++) {
        assert_ok(data_loader_next(loader, &batch));
        assert_int_equal(batch->count, 3); /* the over-long label stays in */
        assert_int_equal(batch->item[0], 6 * step);
        assert_int_equal(batch->item[1], 6 * step + 3);
        assert_string_equal(batch->label[1], "abcdefghijklmnopqrstuvwx");
        assert_string_equal(batch->label[2], "abcdefghijklmnopqrstuvw");
        assert_int_equal(batch->length[2], 24);
        assert_int_equal(batch->target[2 * 25 + 24], 95);
    }
    assert_ok(data_loader_next(loader, &batch));
    assert_null(batch);
    data_loader_close(loader);
}

static void nothing_usable_is_an_error(void **state) {
    (void)state;
    write_text(in_folder("hopeless.tsv"), "bad.png\tx\nbad.png\ty\n");
    const char *const file = in_folder("hopeless.tsv");
    struct data_set *set;
    assert_ok(data_set_open(&set, &file, 1));
    for (int order = DATA_SHUFFLED; order <= DATA_SEQUENTIAL; order++) {
        struct data_loader_settings settings = training();
        settings.batch = 2;
        settings.order = order;
        struct data_loader *loader;
        const struct data_batch *batch;
        assert_ok(data_loader_open(&loader, set, &settings));
        if (order == DATA_SEQUENTIAL) {
            assert_ok(data_loader_next(loader, &batch));
            assert_int_equal(batch->count, 0);
        }
        assert_refused(data_loader_next(loader, &batch), STATUS_INVALID, "bad.png");
        assert_null(batch);
        data_loader_close(loader);
    }
    data_set_close(set);
}

static void settings_out_of_range_are_refused(void **state) {
    (void)state;
    struct data_loader *loader;
    struct data_loader_settings settings = training();
    settings.batch = COUNT + 1;
    assert_refused(data_loader_open(&loader, good, &settings), STATUS_USAGE, "--batch");
    settings.batch = 0;
    assert_int_equal(data_loader_open(&loader, good, &settings), STATUS_USAGE);
    settings = training();
    settings.threads = 0;
    assert_int_equal(data_loader_open(&loader, good, &settings), STATUS_USAGE);
    settings = training();
    settings.width = 0;
    assert_int_equal(data_loader_open(&loader, good, &settings), STATUS_USAGE);
    assert_null(loader);
}

static void values_are_normalised(void **state) {
    (void)state;
    struct data_loader_settings settings = training();
    struct data_loader *loader;
    const struct data_batch *batch;
    assert_ok(data_loader_open(&loader, good, &settings));
    assert_ok(data_loader_next(loader, &batch));
    const size_t plane = 16 * 40;
    for (size_t row = 0; row < 4; row++) {
        /* The blue of image i is 7 i everywhere. */
        const float blue = ((float)(batch->item[row] * 7) / 255.0f - 0.5f) / 0.5f;
        for (size_t i = 0; i < plane; i++)
            assert_true(batch->image[(row * 3 + 2) * plane + i] == blue);
        for (size_t i = 0; i < 3 * plane; i++)
            assert_true(fabsf(batch->image[row * 3 * plane + i]) <= 1.0f);
    }
    data_loader_close(loader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(a_resumed_run_continues),
        cmocka_unit_test(seeds_and_epochs_differ),
        cmocka_unit_test(an_epoch_shows_every_image_once),
        cmocka_unit_test(a_sequential_pass_ends_with_what_is_left),
        cmocka_unit_test(bad_images_are_replaced_and_named),
        cmocka_unit_test(images_alone_need_no_labels),
        cmocka_unit_test(a_sequential_pass_leaves_bad_images_out),
        cmocka_unit_test(nothing_usable_is_an_error),
        cmocka_unit_test(settings_out_of_range_are_refused),
        cmocka_unit_test(values_are_normalised),
    };
    return cmocka_run_group_tests(tests, make_sets, remove_sets);
}
