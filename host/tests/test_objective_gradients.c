/* Every objective's gradients against finite differences of its loss, through the whole network. */
#include "objective_fixture.h"

/* For each parameter p with gradient g, the loss is walked along d = g / |g| + r, r a random direction of
 * length 1, so that the derivative g . d is about |g| and neither a wrong length nor a wrong direction of g
 * can hide.
 *
 * Central differences of step h and h / 2, extrapolated, err by O(h^4) from the loss's curvature and by noise
 * / h from rounding. The reference rounds each array to 2^-24, and some hundred such roundings that are as
 * often up as down leave a loss of 1 with about 10 * 2^-24 = 2^-21; extrapolation makes at most 3 of it. So
 * with h = 2^-5 a derivative of O(1) is known to 2^-21 * 3 * 2^5, about 5e-5; and curvature leaves (2^-5)^4,
 * 1e-6, times a fifth derivative that is large for steep networks. */
#define STEP      0x1p-5F
#define NOISE     (0x1p-21 * 3 / STEP)
#define TOLERANCE 2e-3 /* of |g|, for the curvature */

struct line {
    const struct fixture *f;
    const struct tensor *parameter;
    const float *start, *direction, *gradient;
};

/* The change of the loss from start - h d to start + h d less what the gradient says, both by 2 h. The
 * parameter moves by what single precision makes of h d, so the gradient is asked about that. */
static double difference(const struct line *line, float h) {
    const size_t count = line->parameter->elements;
    float *moved, *back;
    double along = 0, losses[2];
    assert_ok(memory_new(&moved, count, sizeof *moved));
    assert_ok(memory_new(&back, count, sizeof *back));
    for (size_t i = 0; i < count; i++) {
        moved[i] = line->start[i] + h * line->direction[i];
        back[i] = line->start[i] - h * line->direction[i];
        along += ((double)moved[i] - back[i]) * line->gradient[i];
    }
    assert_ok(executor_write(line->f->executor, line->parameter, moved));
    losses[0] = fixture_loss(line->f);
    assert_ok(executor_write(line->f->executor, line->parameter, back));
    losses[1] = fixture_loss(line->f);
    free(moved);
    free(back);
    return (losses[0] - losses[1] - along) / (2 * h);
}

static double length(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sqrt(sum);
}

static void choose_direction(float *direction, const float *gradient, const struct tensor *p) {
    struct philox random = fixture_random(p->name);
    for (size_t i = 0; i < p->elements; i++)
        direction[i] = philox_next_normal(&random);
    const double r = length(direction, p->elements), g = length(gradient, p->elements);
    for (size_t i = 0; i < p->elements; i++)
        direction[i] = (float)(direction[i] / r + (g > 0 ? gradient[i] / g : 0));
}

/* `forward` has the same weights as `f`, and only the loss. */
static void check_parameter(const struct fixture *f, const struct fixture *forward, const struct tensor *p) {
    const struct tensor *const parameter = graph_find(forward->graph, p->name);
    float *const start = fixture_read(f, p), *const gradient = fixture_read(f, graph_gradient(f->graph, p));
    float *direction;
    assert_ok(memory_new(&direction, p->elements, sizeof *direction));
    choose_direction(direction, gradient, p);
    const struct line line = {forward, parameter, start, direction, gradient};
    const double whole = difference(&line, STEP), half = difference(&line, STEP / 2);
    const double error = fabs((4 * half - whole) / 3), size = length(gradient, p->elements);
    if (!(error <= TOLERANCE * size + NOISE))
        fail_msg("the gradient of %s, of length %.3g, is off by %.3g", p->name, size, error);
    assert_ok(executor_write(forward->executor, parameter, start));
    free(start);
    free(gradient);
    free(direction);
}

static void check_objective(const struct objective_settings *settings) {
    struct fixture f, forward;
    fixture_open(&f, settings, NULL, true);
    fixture_open(&forward, settings, NULL, false);
    assert_true(fixture_loss(&f) == fixture_loss(&forward));
    size_t checked = 0;
    for (size_t i = 0; i < graph_tensor_count(f.graph); i++) {
        const struct tensor *const p = graph_tensor(f.graph, i);
        if (!fixture_is_parameter(p) || !p->differentiable)
            continue;
        check_parameter(&f, &forward, p);
        checked++;
    }
    assert_true(checked > 30);
    fixture_close(&f);
    fixture_close(&forward);
}

static void test_mae(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_MAE);
    check_objective(&settings);
}

static void test_lmim(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_LMIM);
    check_objective(&settings);
}

static void test_mnsp(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    check_objective(&settings);
}

static void test_recognition(void **state) {
    (void)state;
    const struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    check_objective(&settings);
}

static void test_recognition_ctc(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_RECOGNITION);
    settings.head = OBJECTIVE_HEAD_CTC;
    check_objective(&settings);
}

static void test_mnsp_fused(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.coupling = OBJECTIVE_COUPLING_FUSED;
    settings.align = OBJECTIVE_ALIGN_ADJACENT;
    check_objective(&settings);
}

static void test_mnsp_pixels(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.nsp_target = OBJECTIVE_NSP_PIXELS;
    settings.align = OBJECTIVE_ALIGN_OFF;
    settings.weight_mim = 0.5;
    check_objective(&settings);
}

static void test_mnsp_teacher(void **state) {
    (void)state;
    struct objective_settings settings = fixture_settings(OBJECTIVE_MNSP);
    settings.nsp_target = OBJECTIVE_NSP_TEACHER;
    settings.mim_target = OBJECTIVE_MIM_PIXELS;
    settings.scales = 2;
    check_objective(&settings);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mae),          cmocka_unit_test(test_lmim),
        cmocka_unit_test(test_mnsp),         cmocka_unit_test(test_recognition),
        cmocka_unit_test(test_mnsp_fused),   cmocka_unit_test(test_mnsp_pixels),
        cmocka_unit_test(test_mnsp_teacher), cmocka_unit_test(test_recognition_ctc),
    };
    return cmocka_run_group_tests_name("objective gradients", tests, NULL, NULL);
}
