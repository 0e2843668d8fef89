/* Short trainings in fp32, f16 and bf16: they go the same way, and f16 finds its scale of the loss. */
#include "base/json.h"
#include "program.h"

#include <math.h>

enum { STEPS = 40 };

#define RUN                                                                                                  \
    "pretrain --objective mae --data words --batch 4 --steps 40 --log-every 1 --warmup-steps 4 --rate 1e-3 " \
    "--seed 5 --image-height 16 --image-width 32 --width 32 --depth 2 --heads 2 --decoder-width 32 "         \
    "--decoder-depth 1 --decoder-heads 2 --picture-every 0 --device reference "

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_labelled_folder(in_folder("words"), 9);
    return 0;
}

/* The losses of all steps, and how many of them were left out by the last line. */
static long long train(const char *options, const char *name, double losses[STEPS]) {
    static char text[1 << 16];
    char path[64];
    long long skipped = 0;
    int step = 0;
    if (mnsp(RUN "%s --out %s", options, name) != 0)
        fail_msg("%s", program_err);
    snprintf(path, sizeof path, "%s/log.jsonl", name);
    take_text(text, sizeof text, in_folder(path));
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        json_t *const object = json_loads(line, 0, NULL);
        const char *const event = json_string_value(json_object_get(object, "event"));
        if (event != NULL && strcmp(event, "step") == 0 && step < STEPS) {
            losses[step++] = json_number_value(json_object_get(object, "loss"));
            skipped = json_integer_value(json_object_get(object, "skipped"));
        }
        json_decref(object);
    }
    assert_int_equal(step, STEPS);
    return skipped;
}

/* Factors have a relative error of u at most. A loss is a mean over thousands of products of such sums,
 * whose errors do not agree: its own stays below 8 u, unless the training goes another way. And it is not
 * 0: something is rounded. */
static void check(const char *options, const char *name, double u) {
    double exact[STEPS], rounded[STEPS], most = 0;
    (void)train("", "exact", exact);
    (void)train(options, name, rounded);
    for (int i = 0; i < STEPS; i++)
        most = fmax(most, fabs(rounded[i] - exact[i]) / exact[i]);
    if (!(most > 0 && most <= 8 * u))
        fail_msg("%s: losses differ by up to %g, expected more than 0 and at most %g", name, most, 8 * u);
    nftw(in_folder("exact"), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void f16_goes_the_same_way(void **state) {
    (void)state;
    check("--precision f16", "f16", 0x1p-11);
}

static void bf16_goes_the_same_way(void **state) {
    (void)state;
    check("--precision bf16", "bf16", 0x1p-8);
}

/* Steps whose gradients overflow are left out until the scale is small enough. */
static void a_scale_that_is_too_large_is_found_out(void **state) {
    (void)state;
    double losses[STEPS] = {0};
    const long long skipped = train("--precision f16 --loss-scale 1073741824", "large", losses);
    assert_in_range(skipped, 1, STEPS / 2);
    assert_true(losses[STEPS - 1] < losses[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f16_goes_the_same_way),
        cmocka_unit_test(bf16_goes_the_same_way),
        cmocka_unit_test(a_scale_that_is_too_large_is_found_out),
    };
    return cmocka_run_group_tests_name("precision_runs", tests, start, remove_test_folder);
}
