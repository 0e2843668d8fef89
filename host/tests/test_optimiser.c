/* One update over all parameters is what the operators give for each of them by itself, with the rate and
 * the decay of its own; and it takes few dispatches. */
#include "gpu_fixture.h"
#include "small_settings.h"

#include "base/memory.h"
#include "base/philox.h"
#include "graph/operators.h"
#include "objective/parts.h"
#include "reference/reference.h"
#include "train/checkpoint.h"
#include "train/step.h"

#include <math.h>

enum { IMAGES = 2 };
static const double rate = 1e-3;

static struct settings settings_of(enum settings_objective objective) {
    struct settings s = small_settings(objective, 2);
    s.max_length = 6, s.scales = 2;
    return s;
}

static void write_noise(struct train_step *step, const struct tensor *tensor) {
    float values[IMAGES * 3 * 8 * 32];
    struct philox random = philox_start(1, PHILOX_STREAM_TEST, 0, 0);
    if (tensor == NULL)
        return;
    assert_true(tensor->elements <= sizeof values / sizeof values[0]);
    for (size_t i = 0; i < tensor->elements; i++)
        values[i] = philox_next_between(&random, -1, 1);
    assert_ok(executor_write(step->executor, tensor, values));
}

static void write_inputs(struct train_step *step) {
    static const uint32_t target[IMAGES * 6] = {3, 1, 94, 95, 95, 95, 7, 94, 95, 95, 95, 95},
                                          length[IMAGES] = {3, 2};
    write_noise(step, step->objective.image);
    write_noise(step, step->objective.guidance);
    if (step->objective.target != NULL) {
        assert_ok(executor_write(step->executor, step->objective.target, target));
        assert_ok(executor_write(step->executor, step->objective.length, length));
    }
}

static struct train_step *open_step(const struct settings *settings, struct gpu_device *device) {
    struct train_step *step;
    assert_ok(train_step_create(&step, settings,
                                &(struct train_step_options){.batch = IMAGES / (size_t)settings->accumulate,
                                                             .parts = (size_t)settings->accumulate,
                                                             .device = device,
                                                             .keep_gradients = true}));
    assert_ok(executor_initialise(step->executor, 7));
    write_inputs(step);
    assert_ok(executor_run(step->executor, step->start_segment));
    return step;
}

/* The elements of the tensor of that name, or NULL; released with free(). */
static float *read_named(const struct train_step *step, const char *prefix, const char *name) {
    char text[300];
    snprintf(text, sizeof text, "%s%s", prefix, name);
    const struct tensor *const tensor = graph_find(step->graph, text);
    float *values = NULL;
    if (tensor == NULL)
        return NULL;
    assert_ok(memory_new(&values, tensor->elements, sizeof *values));
    assert_ok(executor_read(step->executor, tensor, values));
    return values;
}

/* What a parameter is followed by, and its own numbers. */
enum { VALUE, M, V, AVERAGE, KINDS };
static const char *const prefixes[KINDS] = {"", CHECKPOINT_FIRST_MOMENT, CHECKPOINT_SECOND_MOMENT,
                                            CHECKPOINT_AVERAGE};

static void read_all(float *out[KINDS], const struct train_step *step, const char *name) {
    for (int i = 0; i < KINDS; i++)
        out[i] = read_named(step, prefixes[i], name);
}

static void free_all(float *values[KINDS]) {
    for (int i = 0; i < KINDS; i++)
        free(values[i]);
}

/* The update of one parameter by the operators' definitions. */
static void expect_update(float *values[KINDS], const struct train_step *step, const struct settings *s,
                          const struct tensor *parameter, const float *gradient) {
    const bool fine = s->objective == SETTINGS_OBJECTIVE_RECOGNITION;
    const float beta1 = (float)s->beta1, beta2 = (float)s->beta2;
    const float schedule[1] = {(float)rate};
    float control[5];
    assert_ok(executor_read(step->executor, step->optimiser.control, control));
    assert_true(control[2] == 1 && control[3] == 1 - beta1 && control[4] == 1 - beta2);
    reference_adamw(values[VALUE], values[M], values[V], gradient, schedule, control, parameter->elements,
                    fine ? (float)train_rate_scale(parameter->name, s->layer_decay, (size_t)s->depth) : 1,
                    beta1, beta2, (float)s->epsilon,
                    train_decays(parameter, fine) ? (float)s->weight_decay : 0);
    if (values[AVERAGE] != NULL)
        reference_ema(values[AVERAGE], values[VALUE], NULL, parameter->elements, (float)s->ema_decay);
}

static double sum_of_squares(const float *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)values[i] * values[i];
    return sum;
}

static bool is_parameter(const struct tensor *tensor) {
    return tensor->kind == TENSOR_PARAMETER && tensor->base == tensor;
}

static bool is_teacher(const struct tensor *tensor) {
    return is_parameter(tensor) && strncmp(tensor->name, OBJECTIVE_TEACHER, strlen(OBJECTIVE_TEACHER)) == 0;
}

/* Returns how many parameters were updated. */
static size_t check_update(const struct settings *settings) {
    struct train_step *const step = open_step(settings, NULL);
    const size_t tensors = graph_tensor_count(step->graph);
    float *(*before)[KINDS];
    size_t updated = 0;
    double squares = 0;
    assert_ok(memory_new(&before, tensors, sizeof *before));
    for (size_t i = 0; i < tensors; i++)
        if (is_parameter(graph_tensor(step->graph, i)))
            read_all(before[i], step, graph_tensor(step->graph, i)->name);
    assert_ok(train_step_run(step, 0, rate));
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const parameter = graph_tensor(step->graph, i);
        if (!is_parameter(parameter) ||
            strncmp(parameter->name, OBJECTIVE_TEACHER, strlen(OBJECTIVE_TEACHER)) == 0)
            continue;
        float *const gradient = read_named(step, "grad.", parameter->name);
        float *after[KINDS];
        read_all(after, step, parameter->name);
        if (gradient != NULL) {
            expect_update(before[i], step, settings, parameter, gradient);
            squares += sum_of_squares(gradient, parameter->elements);
            updated++;
        }
        for (int k = 0; k < KINDS; k++)
            if (before[i][k] != NULL &&
                memcmp(before[i][k], after[k], parameter->elements * sizeof(float)) != 0)
                fail_msg("%s%s is not what the operators give for it alone", prefixes[k], parameter->name);
        free_all(after);
        free(gradient);
    }
    float control[5];
    assert_ok(executor_read(step->executor, step->optimiser.control, control));
    assert_true(fabs(control[0] - sqrt(squares)) <= 1e-6 * sqrt(squares));
    for (size_t i = 0; i < tensors; i++)
        free_all(before[i]);
    free(before);
    train_step_destroy(step);
    return updated;
}

static void test_pre_training(void **state) {
    (void)state;
    struct settings settings = settings_of(SETTINGS_OBJECTIVE_MNSP);
    settings.clip_norm = 0.01;
    assert_true(check_update(&settings) > 40);
}

static void test_layer_decay_and_average(void **state) {
    (void)state;
    struct settings settings = settings_of(SETTINGS_OBJECTIVE_RECOGNITION);
    settings.layer_decay = 0.5;
    settings.ema_decay = 0.9;
    const size_t all = check_update(&settings);
    settings.accumulate = 2;
    assert_int_equal(check_update(&settings), all);
    settings.freeze_encoder = true;
    assert_true(check_update(&settings) < all);
}

/* teacher = momentum teacher + (1 - momentum) student, for each of its parameters that is trained. */
static void test_teacher(void **state) {
    (void)state;
    struct settings settings = settings_of(SETTINGS_OBJECTIVE_LMIM);
    settings.teacher_kind = SETTINGS_TEACHER_MOMENTUM;
    settings.teacher_momentum = 0.75;
    struct train_step *const step = open_step(&settings, NULL);
    const size_t tensors = graph_tensor_count(step->graph);
    float **before;
    size_t followed = 0;
    assert_ok(memory_new(&before, tensors, sizeof *before));
    for (size_t i = 0; i < tensors; i++)
        if (is_teacher(graph_tensor(step->graph, i)))
            before[i] = read_named(step, "", graph_tensor(step->graph, i)->name);
    assert_ok(train_step_run(step, 0, rate));
    for (size_t i = 0; i < tensors; i++) {
        if (before[i] == NULL)
            continue;
        const struct tensor *const teacher = graph_tensor(step->graph, i);
        float *const student = read_named(step, OBJECTIVE_STUDENT, teacher->name + strlen(OBJECTIVE_TEACHER)),
                     *const after = read_named(step, "", teacher->name);
        followed += memcmp(before[i], student, teacher->elements * sizeof(float)) != 0;
        reference_ema(before[i], student, NULL, teacher->elements, 0.75F);
        assert_memory_equal(before[i], after, teacher->elements * sizeof(float));
        free(before[i]);
        free(student);
        free(after);
    }
    assert_true(followed > 20);
    free(before);
    train_step_destroy(step);
}

/* ---- a gradient that overflows ---- */

/* Of everything that lasts but the scaler. */
static uint64_t digest(const struct train_step *step) {
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < graph_tensor_count(step->graph); i++) {
        const struct tensor *const tensor = graph_tensor(step->graph, i);
        const bool lasts = tensor->kind == TENSOR_PARAMETER || tensor->kind == TENSOR_STATE;
        if (!lasts || tensor->base != tensor || tensor == step->optimiser.scaler)
            continue;
        float *const values = read_named(step, "", tensor->name);
        for (size_t k = 0; k < tensor->elements; k++) {
            uint32_t word;
            memcpy(&word, &values[k], sizeof word);
            value = (value ^ word) * 1099511628211u;
        }
        free(values);
    }
    return value;
}

/* With a loss that is far too large for binary16, steps are left out until its scale has fallen; the first
 * that counts is the first for AdamW. */
static void check_overflow(struct gpu_device *device) {
    struct settings settings = settings_of(SETTINGS_OBJECTIVE_LMIM);
    settings.precision = SETTINGS_PRECISION_F16;
    settings.loss_scale = 1 << 30;
    settings.teacher_kind = SETTINGS_TEACHER_MOMENTUM;
    settings.ema_decay = 0.9;
    settings.scale_every = 2;
    struct train_step *const step = open_step(&settings, device);
    const uint64_t before = digest(step);
    struct train_result result;
    uint64_t number = 0;
    float scale = 0x1p30F;
    do {
        assert_int_equal(digest(step), before);
        assert_ok(train_step_run(step, number, rate));
        assert_ok(train_step_result(step, number++, &result));
        scale = result.finite ? scale : scale / 2;
        assert_true(result.scale == scale);
        assert_int_equal(result.skipped, result.finite ? number - 1 : number);
    } while (!result.finite && number < 30);
    assert_true(number > 2 && result.finite && isfinite(result.norm) && digest(step) != before);
    float control[5];
    assert_ok(executor_read(step->executor, step->optimiser.control, control));
    assert_true(fabs(control[3] - 0.1) < 1e-6 && fabs(control[1] * scale - 1) < 1e-6);
    assert_ok(train_step_run(step, number, rate));
    assert_ok(train_step_result(step, number, &result));
    assert_true(result.scale == (result.finite ? 2 * scale : scale / 2));
    train_step_destroy(step);
}

static void test_overflow(void **state) {
    (void)state;
    check_overflow(NULL);
}

static void test_overflow_on_device(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    check_overflow(device);
    end_device(device);
}

/* ---- dispatches ---- */

static struct executor_counts counts_of(struct settings settings, struct gpu_device *device) {
    struct train_step *const step = open_step(&settings, device);
    const struct executor_counts counts = executor_counts(step->executor, step->optimiser.segment);
    train_step_destroy(step);
    return counts;
}

/* Two groups (decayed or not) have their squares summed and are updated; one barrier before the factor and
 * one behind it. With decay by layers there are two groups for each of: patches, each block, what is
 * behind. */
static void test_few_dispatches(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    struct settings settings = settings_of(SETTINGS_OBJECTIVE_MNSP);
    struct executor_counts counts = counts_of(settings, device);
    assert_int_equal(counts.dispatches, 2 + 2 + 2);
    assert_int_equal(counts.barriers, 2);
    settings = settings_of(SETTINGS_OBJECTIVE_RECOGNITION);
    settings.layer_decay = 0.5;
    const size_t groups = 2 * (1 + (size_t)settings.depth + 1);
    counts = counts_of(settings, device);
    assert_int_equal(counts.dispatches, groups + 2 + groups);
    assert_int_equal(counts.barriers, 2);
    settings.ema_decay = 0.9;
    counts = counts_of(settings, device);
    assert_int_equal(counts.dispatches, groups + 2 + groups + groups);
    assert_int_equal(counts.barriers, 3);
    end_device(device);
}

/* A group stays within the 128 MiB that every device takes in one binding; parameters with one gradient. */
static void test_large_groups(void **state) {
    (void)state;
    enum { ROWS = 5 << 10, WIDTH = 4 << 10 }; /* 80 MiB */
    struct graph *g;
    struct train_optimiser optimiser;
    const struct initial none = {.kind = INITIAL_CONSTANT};
    assert_ok(graph_create(&g));
    const struct tensor *const a = graph_parameter(g, "a", SHAPE(ROWS, WIDTH), GRAPH_TRAINABLE, none),
                               *const b = graph_parameter(g, "b", SHAPE(ROWS, WIDTH), GRAPH_TRAINABLE, none),
                               *const c = graph_parameter(g, "c", SHAPE(WIDTH, WIDTH), GRAPH_TRAINABLE, none);
    const struct tensor *const loss = graph_add(g, graph_sum(g, graph_add(g, a, b)), graph_sum(g, c));
    graph_backward(g, loss, NULL);
    assert_ok(train_optimiser_append(
        g, &(struct train_optimiser_options){.scaler = train_scaler(g, 1), .weight_decay = 1}, &optimiser));
    size_t updates = 0;
    for (size_t i = 0; i < graph_node_count(g); i++)
        updates += graph_node(g, i)->operator== OPERATOR_adamw;
    assert_int_equal(updates, 3);
    const struct plan_limits limits = {.arena_bytes = 1 << 30, .binding_bytes = 128 << 20, .alignment = 64};
    struct plan *plan;
    assert_ok(plan_create(&plan, g, &limits));
    plan_destroy(plan);
    graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pre_training),
        cmocka_unit_test(test_layer_decay_and_average),
        cmocka_unit_test(test_teacher),
        cmocka_unit_test(test_few_dispatches),
        cmocka_unit_test(test_large_groups),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_overflow_on_device),
    };
    return cmocka_run_group_tests_name("optimiser", tests, NULL, NULL);
}
