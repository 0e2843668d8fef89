/* A step in four parts is the step in one, up to the rounding of its sums, on the reference and on a device;
 * and a step that does not fit says in how many parts it would. */
#include "gpu_fixture.h"
#include "small_settings.h"

#include "base/memory.h"
#include "base/philox.h"
#include "train/step.h"

#include <math.h>

enum { IMAGES = 4, PLACES = 6, PIXELS = 3 * 8 * 32, TRIALS = 8, WIDENING = 4 };
static const double unit = 0x1p-24; /* half a unit in the last place */

static struct settings recognition(void) {
    struct settings s = small_settings(SETTINGS_OBJECTIVE_RECOGNITION, 2);
    s.max_length = PLACES, s.dropout = false;
    return s;
}

/* ---- a step on all images, on one of them, or in parts ---- */

static struct train_step *open_step(size_t batch, size_t parts, struct gpu_device *device) {
    const struct settings settings = recognition();
    struct train_step *step;
    assert_ok(
        train_step_create(&step, &settings,
                          &(struct train_step_options){
                              .batch = batch, .parts = parts, .device = device, .keep_gradients = true}));
    assert_ok(executor_initialise(step->executor, 7));
    return step;
}

/* Images first, first + 1, ...: noise, and words of 1 to 4 symbols. */
static void write_images(struct train_step *step, size_t first) {
    float pixels[IMAGES * PIXELS];
    uint32_t target[IMAGES * PLACES], length[IMAGES];
    for (size_t b = 0; b < step->batch; b++) {
        const uint32_t word = (uint32_t)(first + b) % 4 + 1;
        struct philox random = philox_start(5, PHILOX_STREAM_TEST, (uint32_t)(first + b), 0);
        for (size_t i = 0; i < PIXELS; i++)
            pixels[b * PIXELS + i] = philox_next_between(&random, -1, 1);
        for (uint32_t t = 0; t < PLACES; t++)
            target[b * PLACES + t] = t < word ? philox_next_below(&random, 94) : t == word ? 94 : 95;
        length[b] = word + 1;
    }
    assert_ok(executor_write(step->executor, step->objective.image, pixels));
    assert_ok(executor_write(step->executor, step->objective.target, target));
    assert_ok(executor_write(step->executor, step->objective.length, length));
}

static void run_parts(struct train_step *step) {
    for (size_t part = 0; part < step->parts; part++) {
        write_images(step, part * step->batch);
        assert_ok(train_step_part(step, part));
    }
}

/* The gradients, one after the other, in the order of the parameters; released with free(). */
static float *gradients(struct train_step *step, size_t *count) {
    float *values = NULL;
    size_t capacity = 0;
    *count = 0;
    for (size_t i = 0; i < graph_tensor_count(step->graph); i++) {
        const struct tensor *const parameter = graph_tensor(step->graph, i);
        const struct tensor *const tensor = graph_gradient(step->graph, parameter);
        if (parameter->kind != TENSOR_PARAMETER || parameter->base != parameter || tensor == NULL)
            continue;
        assert_ok(memory_reserve(&values, &capacity, *count + tensor->elements, sizeof *values));
        assert_ok(executor_read(step->executor, tensor, values + *count));
        *count += tensor->elements;
    }
    assert_true(*count > 1000);
    return values;
}

static float loss_of(struct train_step *step) {
    float loss;
    assert_ok(executor_read(step->executor, step->objective.loss, &loss));
    return loss;
}

/* ---- the reference ---- */

/* 1/N sum of |gradient| over the images, and of their losses: what the roundings of
 * the sums are relative to. */
static double *magnitudes(size_t count, double *loss) {
    struct train_step *const one = open_step(1, 1, NULL);
    double *sum;
    assert_ok(memory_new(&sum, count, sizeof *sum));
    *loss = 0;
    for (size_t image = 0; image < IMAGES; image++) {
        size_t own;
        write_images(one, image);
        assert_ok(train_step_part(one, 0));
        float *const values = gradients(one, &own);
        assert_int_equal(own, count);
        for (size_t i = 0; i < count; i++)
            sum[i] += fabs((double)values[i]) / IMAGES;
        *loss += (double)loss_of(one) / IMAGES;
        free(values);
    }
    train_step_destroy(one);
    return sum;
}

/* The reference adds in double and rounds once. What an image contributes is the same number, scaled by
 * a power of two, in any batch. So a whole step rounds the exact sum once, and one in N parts rounds
 * each part's sum, and each of N - 1 sums of parts: N + (N - 1) + 1 = 2 N roundings of at most u times
 * the sum of magnitudes. */
static void test_reference(void **state) {
    (void)state;
    struct train_step *const whole = open_step(IMAGES, 1, NULL), *const parts = open_step(1, IMAGES, NULL);
    size_t count, same;
    double loss;
    run_parts(whole);
    run_parts(parts);
    float *const a = gradients(whole, &count), *const b = gradients(parts, &same);
    assert_int_equal(count, same);
    double *const magnitude = magnitudes(count, &loss);
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        const double error = fabs((double)a[i] - (double)b[i]), bound = 2 * IMAGES * unit * magnitude[i];
        if (error > bound)
            fail_msg("gradient element %zu: %.9g and %.9g, bound %g", i, (double)a[i], (double)b[i], bound);
        different += b[i] != a[i];
    }
    assert_true(fabs((double)loss_of(whole) - (double)loss_of(parts)) <= 2 * IMAGES * unit * loss);
    assert_true(different < count); /* most sums are even the same */
    free(magnitude);
    free(a);
    free(b);
    train_step_destroy(whole);
    train_step_destroy(parts);
}

/* ---- a device ---- */

static double norm(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = (double)a[i] - (b ? (double)b[i] : 0);
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* How far a device may be from the reference: "Whole steps" of spec/numerics.md, for all gradients as one. */
static double envelope(struct train_step *step, size_t count) {
    double widest = 0;
    size_t same;
    run_parts(step);
    float *const exact = gradients(step, &same);
    assert_int_equal(same, count);
    for (uint64_t trial = 1; trial <= TRIALS; trial++) {
        assert_ok(executor_perturb(step->executor, trial, 0x1p-19F));
        run_parts(step);
        float *const perturbed = gradients(step, &same);
        widest = fmax(widest, norm(perturbed, exact, count));
        free(perturbed);
    }
    const double rounding = 2 * unit * norm(exact, NULL, count);
    free(exact);
    return WIDENING * widest + rounding;
}

/* Both are within the envelope of the reference's step, whose two forms differ by 2 N u of the magnitudes. */
static void test_device(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    struct train_step *const whole = open_step(IMAGES, 1, device),
                             *const parts = open_step(1, IMAGES, device),
                             *const reference = open_step(IMAGES, 1, NULL);
    size_t count, same;
    double loss, square = 0;
    run_parts(whole);
    run_parts(parts);
    float *const a = gradients(whole, &count), *const b = gradients(parts, &same);
    assert_int_equal(count, same);
    double *const magnitude = magnitudes(count, &loss);
    for (size_t i = 0; i < count; i++)
        square += magnitude[i] * magnitude[i];
    const double bound = 2 * envelope(reference, count) + 2 * IMAGES * unit * sqrt(square);
    const double error = norm(a, b, count);
    if (!(error <= bound))
        fail_msg("the gradients differ by %g, the bound is %g", error, bound);
    assert_true(bound < 1e-3 * norm(a, NULL, count)); /* it would notice something */
    free(magnitude);
    free(a);
    free(b);
    train_step_destroy(whole);
    train_step_destroy(parts);
    train_step_destroy(reference);
    end_device(device);
}

/* ---- memory ---- */

static void test_memory(void **state) {
    (void)state;
    struct train_step *const whole = open_step(4 * IMAGES, 1, NULL), *const parts =
                                                                         open_step(IMAGES, 4, NULL);
    const struct plan *const a = executor_plan(whole->executor), *const b = executor_plan(parts->executor);
    assert_true(b->temporary_bytes < a->temporary_bytes * 2 / 3);
    assert_true(b->input_bytes < a->input_bytes);
    assert_true(plan_bytes(b) < plan_bytes(a));
    train_step_destroy(whole);
    train_step_destroy(parts);
}

/* More images than one binding of the device can hold. */
static void test_advice(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    const struct settings settings = recognition();
    size_t images = 1;
    while (images * PIXELS * 4 <= gpu_device_properties(device)->max_storage_range)
        images *= 2;
    struct train_step *step;
    struct train_step_options options = {.batch = images, .device = device};
    assert_true(train_step_create(&step, &settings, &options) != STATUS_OK);
    const char *const advice = strstr(status_message(), "--accumulate ");
    if (advice == NULL || strstr(status_message(), " would fit") == NULL)
        fail_msg("no advice in '%s'", status_message());
    const size_t parts = advice != NULL ? strtoul(advice + strlen("--accumulate "), NULL, 10) : 0;
    assert_true(parts > 1 && images % parts == 0);
    end_device(device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_device),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_advice),
    };
    return cmocka_run_group_tests_name("accumulation", tests, NULL, NULL);
}
