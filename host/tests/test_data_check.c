/* The check of a data set: every flaw is counted and named, sizes are measured, and training
 * goes on with the rest. */
#include "data_jpegs.h"
#include "data_pngs.h"
#include "program.h"

#include "data/check.h"
#include "data/loader.h"

/* Two good images of usual size, odd ones that decode, and one of each flaw. */
static void write_flawed_folder(void) {
    static const uint8_t one_pixel[7] = {0, 0x12, 0x34, 0xAB, 0xCD, 0xFF, 0xFF};
    uint8_t png[512];
    size_t size = make_png(png, 1, 1, 16, 2, one_pixel, sizeof one_pixel);
    assert_int_equal(mkdir(in_folder("flawed"), 0777), 0);
    write_png(in_folder("flawed/good.png"), 100, 32, 1);
    write_png(in_folder("flawed/other.png"), 90, 30, 2);
    write_png(in_folder("flawed/same.png"), 100, 32, 1);
    write_png(in_folder("flawed/long.png"), 20000, 3, 3);
    write_png(in_folder("flawed/high.png"), 2, 20000, 4);
    write_bytes(in_folder("flawed/tiny16.png"), png, size);
    write_bytes(in_folder("flawed/cmyk.jpg"), jpeg_cmyk, sizeof jpeg_cmyk);
    size = make_png(png, 20000, 20000, 8, 2, one_pixel, sizeof one_pixel);
    write_bytes(in_folder("flawed/huge.png"), png, size);
    write_text(in_folder("flawed/bad.png"), "no image");
    write_text(in_folder("flawed/labels.tsv"), "good.png\tgood\n"
                                               "other.png\tgr\xC3\xBCn\n"
                                               "same.png\tgood\n"
                                               "same.png\tbetter\n"
                                               "long.png\tlong\n"
                                               "high.png\thigh\n"
                                               "tiny16.png\ttiny\n"
                                               "cmyk.jpg\tcmyk\n"
                                               "huge.png\thuge\n"
                                               "bad.png\tbad\n"
                                               "gone.png\tgone\n"
                                               "other.png\tbad\xFFtext\n"
                                               "other.png\tabcdefghijklmnopqrstuvwxyz\n"
                                               "other.png\n");
}

enum { ITEMS = 14 };

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_flawed_folder();
    return 0;
}

static struct data_check *check(const char *path, uint32_t threads) {
    struct data_set *set;
    struct data_charset charset;
    struct data_check *found;
    assert_ok(data_set_open(&set, &path, 1));
    assert_ok(data_charset_open(&charset, "ascii94"));
    const struct data_check_settings settings = {.charset = &charset, .target_steps = 25, .threads = threads};
    assert_ok(data_check_run(&found, set, &settings));
    data_charset_free(&charset);
    data_set_close(set);
    return found;
}

static void assert_flaw(const struct data_check *found, enum data_flaw flaw, size_t count,
                        const char *first) {
    assert_int_equal(found->flaw[flaw].count, count);
    assert_int_equal(found->flaw[flaw].named, count);
    assert_has(found->flaw[flaw].first[0], first);
}

static void every_flaw_is_found(void **state) {
    (void)state;
    struct data_check *const found = check(in_folder("flawed"), 2);
    assert_int_equal(found->items, ITEMS);
    assert_int_equal(found->labelled, ITEMS - 1);
    assert_int_equal(found->usable, 8);
    assert_flaw(found, DATA_FLAW_IMAGE, 3,
                "huge.png: not a JPEG, PNG or BMP image, or one of too many pixels");
    assert_has(found->flaw[DATA_FLAW_IMAGE].first[1], "bad.png: not a JPEG, PNG or BMP");
    assert_has(found->flaw[DATA_FLAW_IMAGE].first[2], "gone.png");
    assert_flaw(found, DATA_FLAW_UNLABELLED, 1, "other.png: it has no label");
    assert_flaw(found, DATA_FLAW_TEXT, 1, "not UTF-8");
    assert_flaw(found, DATA_FLAW_LENGTH, 1, "abcdefghijklmnopqrstuvwxyz");
    assert_flaw(found, DATA_FLAW_CHARACTERS, 1, "other.png");
    assert_flaw(found, DATA_FLAW_DUPLICATE, 5, "same.png: the same bytes as");
    assert_flaw(found, DATA_FLAW_CONFLICT, 4, "good.png, but another label");
    assert_int_equal(found->stray_count, 1);
    assert_int_equal(found->stray[0].code_point, 0xFC);
    assert_int_equal(found->stray[0].count, 1);
    data_check_free(found);
}

static void sizes_are_measured(void **state) {
    (void)state;
    struct data_check *const found = check(in_folder("flawed"), 1);
    const struct data_histogram *const width = &found->measure[DATA_WIDTH];
    assert_int_equal(width->total, 11);
    assert_true(width->least == 1 && width->greatest == 20000);
    assert_int_equal(width->count[0], 2); /* 1 and 2 pixels */
    assert_int_equal(width->count[2], 1); /* 24 */
    assert_int_equal(width->count[4], 7); /* 90 and 100 */
    assert_int_equal(width->count[7], 1);
    assert_true(found->measure[DATA_ASPECT].least == 1e-4);
    assert_int_equal(found->measure[DATA_LENGTH].total, 12);
    assert_int_equal(found->measure[DATA_LENGTH].count[7], 1);
    data_check_free(found);
}

static void threads_do_not_matter(void **state) {
    (void)state;
    struct data_check *const one = check(in_folder("flawed"), 1), *const many = check(in_folder("flawed"), 7);
    assert_int_equal(one->usable, many->usable);
    assert_memory_equal(one->measure, many->measure, sizeof one->measure);
    for (int i = 0; i < DATA_FLAW_COUNT; i++) {
        assert_int_equal(one->flaw[i].count, many->flaw[i].count);
        for (size_t k = 0; k < one->flaw[i].named; k++)
            assert_string_equal(one->flaw[i].first[k], many->flaw[i].first[k]);
    }
    data_check_free(one);
    data_check_free(many);
}

static void images_alone_need_no_labels(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("plain"), 0777), 0);
    write_png(in_folder("plain/a.png"), 10, 10, 1);
    write_png(in_folder("plain/b.png"), 10, 10, 2);
    struct data_check *const found = check(in_folder("plain"), 2);
    assert_int_equal(found->usable, 2);
    assert_int_equal(found->flaw[DATA_FLAW_UNLABELLED].count, 0);
    data_check_free(found);
}

/* More flaws than are named. */
static void only_the_first_are_named(void **state) {
    (void)state;
    assert_int_equal(mkdir(in_folder("many"), 0777), 0);
    char name[40];
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "many/%02d.png", i);
        write_text(in_folder(name), "no image");
    }
    struct data_check *const found = check(in_folder("many"), 3);
    assert_int_equal(found->flaw[DATA_FLAW_IMAGE].count, 30);
    assert_int_equal(found->flaw[DATA_FLAW_IMAGE].named, DATA_CHECK_NAMED);
    assert_has(found->flaw[DATA_FLAW_IMAGE].first[9], "09.png");
    assert_int_equal(found->usable, 0);
    assert_int_equal(found->flaw[DATA_FLAW_DUPLICATE].count, 29);
    data_check_free(found);
}

/* What cannot be used is counted by the loader, too, and the rest makes batches of finite numbers. */
static void training_goes_on(void **state) {
    (void)state;
    const char *const path = in_folder("flawed");
    struct data_set *set;
    struct data_charset charset;
    struct data_loader *loader;
    assert_ok(data_set_open(&set, &path, 1));
    assert_ok(data_charset_open(&charset, "ascii94"));
    const struct data_loader_settings settings = {.batch = ITEMS,
                                                  .height = 32,
                                                  .width = 128,
                                                  .seed = 1,
                                                  .threads = 2,
                                                  .order = DATA_SHUFFLED,
                                                  .clean = true,
                                                  .guidance = true,
                                                  .recognition_views = 2,
                                                  .charset = &charset,
                                                  .target_steps = 25};
    assert_ok(data_loader_open(&loader, set, &settings));
    for (int step = 0; step < 3; step++) {
        const struct data_batch *batch;
        assert_ok(data_loader_next(loader, &batch));
        assert_int_equal(batch->count, ITEMS);
        const size_t numbers = (size_t)ITEMS * 3 * 32 * 128;
        for (size_t i = 0; i < numbers; i++)
            assert_true(batch->image[i] >= -1 && batch->image[i] <= 1 && batch->guidance[i] >= -1 &&
                        batch->guidance[i] <= 1);
        for (size_t i = 0; i < 2 * numbers; i++)
            assert_true(batch->recognition[i] >= -1 && batch->recognition[i] <= 1);
    }
    assert_int_equal(data_loader_problems(loader, DATA_UNDECODABLE), 3);
    assert_int_equal(data_loader_problems(loader, DATA_UNLABELLED), 2);
    assert_int_equal(data_loader_problems(loader, DATA_LABEL_TOO_LONG), 1);
    data_loader_close(loader);
    data_charset_free(&charset);
    data_set_close(set);
}

/* ---- the command ---- */

static void the_command_reports(void **state) {
    (void)state;
    assert_int_equal(mnsp("data check flawed"), 0);
    assert_has(program_out, "flawed: labelled folder, 14 images, with labels");
    char line[64];
    snprintf(line, sizeof line, "\n  %-30s %10d\n", "cannot be decoded", 3);
    assert_has(program_out, line);
    snprintf(line, sizeof line, "\n  %-30s %10d\n", "same bytes as another", 5);
    assert_has(program_out, line);
    assert_has(program_out, "'\xC3\xBC' x 1");
    assert_has(program_out, "flawed/gone.png");
    assert_int_equal(mnsp("data check flawed --json --threads 3"), 0);
    json_t *const object = printed_json(), *flaws, *flaw;
    int64_t number;
    assert_ok(json_need_integer(&number, object, "usable", "output"));
    assert_int_equal(number, 8);
    assert_ok(json_need_object(&flaws, object, "flaws", "output"));
    assert_ok(json_need_object(&flaw, flaws, "undecodable", "output"));
    assert_ok(json_need_integer(&number, flaw, "count", "output"));
    assert_int_equal(number, 3);
    json_decref(object);
}

static void the_exit_status_says_whether_training_can_start(void **state) {
    (void)state;
    write_text(in_folder("german.txt"), "abcdefghijklmnopqrstuvwxyz\xC3\xBC");
    assert_int_equal(mnsp("data check flawed --strict"), 1);
    assert_has(program_err, "--strict");
    assert_int_equal(mnsp("data check flawed --charset german.txt --max-length 40"), 0);
    assert_null(strstr(program_out, "outside of the set"));
    assert_null(strstr(program_out, "too long"));
    write_text(in_folder("flawed/useless.tsv"), "bad.png\tbad\ngood.png\n");
    assert_int_equal(mnsp("data check flawed/useless.tsv"), 1);
    assert_has(program_err, "none of the 2 images can be used");
    assert_failed(mnsp("data check nowhere"), 1, "nowhere");
    assert_failed(mnsp("data check flawed --charset nowhere.txt"), 1, "nowhere.txt");
    assert_failed(mnsp("data check flawed --threads 0"), 2, "--threads 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_flaw_is_found),
        cmocka_unit_test(sizes_are_measured),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(images_alone_need_no_labels),
        cmocka_unit_test(only_the_first_are_named),
        cmocka_unit_test(training_goes_on),
        cmocka_unit_test(the_command_reports),
        cmocka_unit_test(the_exit_status_says_whether_training_can_start),
    };
    return cmocka_run_group_tests_name("data check", tests, start, remove_test_folder);
}
