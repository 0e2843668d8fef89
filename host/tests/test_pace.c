/* Submissions stay short on devices of any speed, and a long dispatch that is cut gives the same bits. */
#include "gpu_fixture.h"

#include "base/memory.h"
#include "gpu/gpu_internal.h"
#include "train/step.h"

#include <math.h>

static const double watchdog = 2;

/* A device that does `rate` units of work a second runs a step of `pieces` pieces, again and again.
 * Returns the longest submission, in seconds; *last is how many submissions the last step had. */
static double run_at(struct gpu_pace *pace, double rate, size_t pieces, size_t *last) {
    double longest = 0;
    for (int step = 0; step < 40; step++) {
        *last = 0;
        for (size_t first = 0; first < pieces; (*last)++) {
            double work = pace->piece;
            for (first++; first < pieces && work + pace->piece <= pace->budget; first++)
                work += pace->piece;
            longest = fmax(longest, work / rate);
            gpu_pace_note(pace, work, work / rate);
        }
    }
    return longest;
}

static void submissions_follow_the_device(void **state) {
    (void)state;
    size_t submissions;
    struct gpu_pace slow = gpu_pace_start(GPU_TYPE_INTEGRATED, 0);
    assert_true(run_at(&slow, 4e9, 400, &submissions) < watchdog); /* a fifth of what was assumed */
    assert_int_equal(submissions, 400);
    struct gpu_pace medium = gpu_pace_start(GPU_TYPE_INTEGRATED, 0);
    assert_true(run_at(&medium, 5e11, 400, &submissions) <= 0.25); /* 4 s of work */
    assert_true(submissions >= 4 / 0.25 && submissions <= 4 / 0.05);
    struct gpu_pace fast = gpu_pace_start(GPU_TYPE_DISCRETE, 0);
    assert_true(run_at(&fast, 5e13, 100, &submissions) <= 0.25); /* 0.2 s of work */
    assert_true(submissions <= 4);
}

/* A device that turns slow in the middle (another program, heat) is given less from the next submission
 * on. */
static void a_device_may_change(void **state) {
    (void)state;
    struct gpu_pace pace = gpu_pace_start(GPU_TYPE_INTEGRATED, 0);
    size_t submissions;
    assert_true(run_at(&pace, 1e12, 200, &submissions) <= 0.25);
    gpu_pace_note(&pace, pace.budget, pace.budget / 2e11);
    assert_true(run_at(&pace, 2e11, 200, &submissions) <= 0.3);
    struct gpu_pace cpu = gpu_pace_start(GPU_TYPE_CPU, 0);
    gpu_pace_note(&cpu, 1e12, 100);
    assert_true(cpu.budget == 1e12);
}

/* ---- dispatches that are cut ---- */

static struct settings small_settings(void) {
    struct settings s;
    settings_defaults(&s);
    s.objective = SETTINGS_OBJECTIVE_MNSP;
    s.image_height = 16, s.image_width = 64, s.width = 64, s.depth = 2;
    s.decoder_width = 64, s.decoder_depth = 1, s.decoder_heads = 2, s.scales = 2;
    return s;
}

/* The gradients' norm and the loss of two steps; *submissions of the first segment. */
static void run_step(double work_at_once, struct train_result results[2], size_t *submissions) {
    struct gpu_device *const device = need_device((struct gpu_options){.work_at_once = work_at_once});
    const struct settings settings = small_settings();
    struct train_step *step;
    assert_ok(
        train_step_create(&step, &settings, &(struct train_step_options){.batch = 2, .device = device}));
    assert_ok(executor_initialise(step->executor, 7));
    float *image;
    assert_ok(memory_new(&image, step->objective.image->elements, sizeof *image));
    for (size_t i = 0; i < step->objective.image->elements; i++)
        image[i] = (float)(i % 13) / 7 - 1;
    assert_ok(executor_write(step->executor, step->objective.image, image));
    assert_ok(executor_write(step->executor, step->objective.guidance, image));
    free(image);
    *submissions = executor_counts(step->executor, 0).submissions;
    for (uint64_t number = 0; number < 2; number++) {
        assert_ok(train_step_run(step, number, 1e-3));
        assert_ok(train_step_result(step, number, &results[number]));
    }
    train_step_destroy(step);
    end_device(device);
}

static void pieces_give_the_same_bits(void **state) {
    (void)state;
    struct train_result whole[2], cut[2];
    size_t one, many;
    run_step(0, whole, &one);
    run_step(1e6, cut, &many);
    assert_int_equal(one, 1);
    assert_true(many > 500);
    for (int i = 0; i < 2; i++) {
        assert_true(whole[i].loss == cut[i].loss && whole[i].loss > 0);
        assert_true(whole[i].norm == cut[i].norm && whole[i].norm > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(submissions_follow_the_device),
        cmocka_unit_test(a_device_may_change),
        cmocka_unit_test(pieces_give_the_same_bits),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
