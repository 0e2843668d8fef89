/* Fine-tuning runs: views of an image. */
#include "tiny_recogniser.h"

#include "train/safetensors.h"

#include <math.h>

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_words(in_folder("words"));
    return 0;
}

/* A few steps on augmented images. */
static struct settings short_run(void) {
    struct settings settings = tiny_settings();
    settings.steps = 6;
    settings.augment = true;
    settings.views = 2;
    settings.picture_every = 0;
    return settings;
}

static void train(const char *out, const struct settings *settings) {
    const char *const data = in_folder("words");
    assert_ok(
        train_run(settings, &(struct train_options){.data = &data, .data_count = 1, .out = in_folder(out)}));
}

static struct safetensors *open_last(const char *run) {
    char name[64];
    struct safetensors *file;
    snprintf(name, sizeof name, "%s/last.safetensors", run);
    assert_ok(safetensors_open(&file, in_folder(name)));
    return file;
}

static float *read_tensor(const struct safetensors *file, const struct safetensors_tensor *tensor) {
    float *const values = malloc(tensor->elements * sizeof *values);
    assert_non_null(values);
    assert_ok(safetensors_read_f32(file, tensor, values));
    return values;
}

/* The largest difference between two runs' tensors whose names begin alike. */
static double difference(const char *a, const char *b, const char *prefix) {
    struct safetensors *const first = open_last(a), *const second = open_last(b);
    double largest = 0;
    size_t compared = 0;
    for (size_t i = 0; i < safetensors_count(first); i++) {
        const struct safetensors_tensor *const tensor = safetensors_at(first, i);
        if (strncmp(tensor->name, prefix, strlen(prefix)) != 0)
            continue;
        const struct safetensors_tensor *const other = safetensors_find(second, tensor->name);
        assert_non_null(other);
        assert_int_equal(other->elements, tensor->elements);
        float *const x = read_tensor(first, tensor), *const y = read_tensor(second, other);
        for (size_t j = 0; j < tensor->elements; j++)
            largest = fmax(largest, fabs((double)x[j] - (double)y[j]));
        compared += tensor->elements;
        free(x);
        free(y);
    }
    assert_true(compared > 0);
    safetensors_close(first);
    safetensors_close(second);
    return largest;
}

/* ---- views ---- */

static void views_do_not_depend_on_threads(void **state) {
    (void)state;
    struct settings settings = short_run();
    train("one", &settings);
    settings.threads = 3;
    train("three", &settings);
    assert_true(difference("one", "three", "") == 0);
    settings.views = 1;
    train("single", &settings);
    assert_true(difference("one", "single", "decoder.") > 1e-4);
}

/* Of images that are left alone, the two views are the same, and their mean loss is that of one: after a step at
 * rate 0 the first moment, (1 - beta1) times the gradient, differs by roundings only. */
static void two_equal_views_are_one(void **state) {
    (void)state;
    struct settings settings = short_run();
    settings.steps = 1, settings.rate = 1e-30;
    settings.augment_geometry = settings.augment_deterioration = settings.augment_colour = 0;
    train("equal", &settings);
    settings.accumulate = 2;
    train("equal-parts", &settings);
    settings.accumulate = 1, settings.views = 1;
    train("plain", &settings);
    settings.augment = false;
    train("clean", &settings);
    assert_true(difference("plain", "clean", "") == 0);
    assert_true(difference("plain", "equal", "optimiser.m.") < 1e-6);
    assert_true(difference("plain", "equal-parts", "optimiser.m.") < 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_do_not_depend_on_threads),
        cmocka_unit_test(two_equal_views_are_one),
    };
    return cmocka_run_group_tests_name("fine-tuning", tests, start, remove_test_folder);
}
