/* One training step of MAE, LMIM and the recogniser against what PyTorch computed in double precision
 * (tools/golden), on the reference and on every Vulkan device there is: the loss and its terms, the
 * prediction, every gradient, and every parameter after a step of AdamW. */
#include "statuses.h"

#include "every_device.h"

#include "base/memory.h"
#include "graph/executor.h"
#include "objective/objective.h"
#include "train/optimiser.h"
#include "train/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 2, NAME_SIZE = 192 };

/* The golden steps' settings, as tools/golden/README.md and the files' metadata have them. */
static struct objective_settings small_settings(enum objective_kind kind) {
    struct objective_settings s = objective_defaults(kind);
    s.width = 32;
    s.depth = s.heads = 2;
    s.inner = 128;
    s.decoder_width = 16;
    s.decoder_depth = s.decoder_heads = 2;
    s.decoder_inner = 64;
    s.recognition_width = 24;
    s.recognition_depth = 2;
    s.recognition_heads = 3;
    s.recognition_inner = 16;
    s.decoder_dropout = s.recognition_dropout = 0;
    s.given_noise = true;
    s.keep_outputs = true;
    return s;
}

struct step {
    struct objective_settings settings;
    struct safetensors *weights, *batch, *result;
    struct graph *graph;
    struct objective objective;
    struct train_optimiser optimiser;
    struct executor *executor;
    char where[320]; /* for messages: objective and device */
};

static struct safetensors *open_file(const char *objective, const char *file) {
    char path[512];
    struct safetensors *opened;
    snprintf(path, sizeof path, SOURCE_DIRECTORY "/tools/golden/data/%s/%s.safetensors", objective, file);
    assert_ok(safetensors_open(&opened, path));
    return opened;
}

static float *load(const struct safetensors *file, const char *name, size_t elements) {
    const struct safetensors_tensor *const stored = safetensors_find(file, name);
    if (stored == NULL || stored->elements != elements)
        fail_msg("%s: %s: missing or of another size", safetensors_path(file), name);
    float *values;
    assert_ok(memory_new(&values, elements, sizeof *values));
    assert_ok(safetensors_read_f32(file, stored, values));
    return values;
}

static bool is_parameter(const struct tensor *tensor) {
    return tensor->kind == TENSOR_PARAMETER && tensor->base == tensor;
}

/* ---- the step ---- */

static double metadata_number(const struct step *step, const char *key) {
    const char *const text = safetensors_metadata(step->result, key);
    assert_non_null(text);
    return atof(text);
}

static void build(struct step *step, struct gpu_device *device) {
    const bool fine_tuning = step->settings.kind == OBJECTIVE_RECOGNITION;
    assert_ok(graph_create(&step->graph));
    assert_ok(objective_build(step->graph, &step->settings, BATCH, &step->objective));
    graph_backward(step->graph, step->objective.loss, NULL);
    const size_t tensors = graph_tensor_count(step->graph);
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const p = graph_tensor(step->graph, i);
        if (!is_parameter(p) || !p->differentiable)
            continue;
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "grad.%s", p->name);
        graph_output(step->graph, graph_gradient(step->graph, p), name);
    }
    const struct train_optimiser_options options = {
        .scaler = train_scaler(step->graph, 1),
        .beta1 = (float)metadata_number(step, "beta1"),
        .beta2 = (float)metadata_number(step, "beta2"),
        .epsilon = (float)metadata_number(step, "eps"),
        .weight_decay = (float)metadata_number(step, "weight_decay"),
        .layer_decay = fine_tuning ? (float)metadata_number(step, "layer_decay") : 1,
        .encoder_depth = step->settings.depth,
        .fine_tuning = fine_tuning};
    assert_ok(train_optimiser_append(step->graph, &options, &step->optimiser));
    assert_ok(executor_create(&step->executor, step->graph, device, false));
    assert_ok(executor_initialise(step->executor, 1));
}

static void write_floats(struct step *step, const struct safetensors *file, const struct tensor *tensor) {
    float *const values = load(file, tensor->name, tensor->elements);
    assert_ok(executor_write(step->executor, tensor, values));
    free(values);
}

static void write_integers(struct step *step, const struct tensor *tensor) {
    const struct safetensors_tensor *const stored = safetensors_find(step->batch, tensor->name);
    assert_non_null(stored);
    assert_int_equal(stored->elements, tensor->elements);
    int32_t values[BATCH * 25];
    assert_true(tensor->elements <= sizeof values / sizeof *values);
    assert_ok(safetensors_read_i32(step->batch, stored, values));
    assert_ok(executor_write(step->executor, tensor, values));
}

static void run(struct step *step) {
    for (size_t i = 0; i < graph_tensor_count(step->graph); i++)
        if (is_parameter(graph_tensor(step->graph, i)))
            write_floats(step, step->weights, graph_tensor(step->graph, i));
    const struct objective *const o = &step->objective;
    write_floats(step, step->batch, o->image);
    if (o->guidance != NULL)
        write_floats(step, step->batch, o->guidance);
    if (o->mask_noise != NULL)
        write_floats(step, step->batch, o->mask_noise);
    if (o->target != NULL) {
        write_integers(step, o->target);
        write_integers(step, o->length);
    }
    assert_ok(train_optimiser_write(step->executor, &step->optimiser, metadata_number(step, "lr")));
    assert_ok(executor_run(step->executor, 0));
    assert_ok(executor_run(step->executor, step->optimiser.segment));
}

/* ---- comparisons; written so that NaN fails ---- */

/* |ours - golden| / |golden| over all elements but the `skipped` ones from `skip` on. */
static double distance(const float *ours, const float *golden, size_t count, size_t skip, size_t skipped) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        if (i >= skip && i < skip + skipped)
            continue;
        difference += ((double)ours[i] - golden[i]) * ((double)ours[i] - golden[i]);
        size += (double)golden[i] * golden[i];
    }
    return sqrt(difference) / sqrt(size);
}

static void compare(struct step *step, const struct tensor *tensor, const char *name, size_t skip,
                    size_t skipped, double tolerance) {
    float *const golden = load(step->result, name, tensor->elements);
    float *ours;
    assert_ok(memory_new(&ours, tensor->elements, sizeof *ours));
    assert_ok(executor_read(step->executor, tensor, ours));
    const double found = distance(ours, golden, tensor->elements, skip, skipped);
    if (!(found <= tolerance))
        fail_msg("%s: %s differs by %.2e of its norm", step->where, name, found);
    free(golden);
    free(ours);
}

static void compare_named(struct step *step, const char *kind, const struct objective_named *named,
                          double tolerance) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s.%s", kind, named->name);
    if (safetensors_find(step->result, name) != NULL)
        compare(step, named->tensor, name, 0, 0, tolerance);
}

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* A gradient of 1e-4 of its norm is the product's promise. An updated parameter is held to 1e-5, below the
 * 5e-5 that weight decay alone makes of it. The key's bias, the middle third of a packed bias, has a gradient
 * of zero, of which rounding leaves a number without meaning, and AdamW a step of any size: it is left out.
 */
static void check_parameter(struct step *step, const struct tensor *parameter) {
    char name[NAME_SIZE];
    const bool packed = ends_with(parameter->name, "qkv.bias") || ends_with(parameter->name, "in_proj_bias");
    const size_t third = packed ? parameter->elements / 3 : 0;
    snprintf(name, sizeof name, "grad.%s", parameter->name);
    compare(step, graph_gradient(step->graph, parameter), name, 0, 0, 1e-4);
    snprintf(name, sizeof name, "param.%s", parameter->name);
    compare(step, parameter, name, third, third, 1e-5);
}

static void check(struct step *step) {
    size_t trained = 0, golden = 0;
    compare(step, step->objective.loss, "loss", 0, 0, 1e-5);
    for (size_t i = 0; i < step->objective.term_count; i++)
        compare_named(step, "loss", &step->objective.terms[i], 1e-5);
    for (size_t i = 0; i < step->objective.output_count; i++)
        compare_named(step, "output", &step->objective.outputs[i], 1e-5);
    for (size_t i = 0; i < graph_tensor_count(step->graph); i++) {
        const struct tensor *const p = graph_tensor(step->graph, i);
        if (!is_parameter(p) || !p->differentiable)
            continue;
        check_parameter(step, p);
        trained++;
    }
    for (size_t i = 0; i < safetensors_count(step->result); i++)
        golden += strncmp(safetensors_at(step->result, i)->name, "grad.", 5) == 0;
    assert_int_equal(trained, golden);
}

static void replay(const char *objective, enum objective_kind kind, struct gpu_device *device) {
    struct step step = {.settings = small_settings(kind)};
    snprintf(step.where, sizeof step.where, "%s on %s", objective,
             device ? gpu_device_properties(device)->name : "the reference");
    step.weights = open_file(objective, "weights");
    step.batch = open_file(objective, "batch");
    step.result = open_file(objective, "result");
    build(&step, device);
    run(&step);
    check(&step);
    executor_destroy(step.executor);
    graph_destroy(step.graph);
    safetensors_close(step.weights);
    safetensors_close(step.batch);
    safetensors_close(step.result);
}

/* ---- devices ---- */

static void replay_all(struct gpu_device *device) {
    replay("mae", OBJECTIVE_MAE, device);
    replay("lmim", OBJECTIVE_LMIM, device);
    replay("recogniser", OBJECTIVE_RECOGNITION, device);
}

static void test_reference(void **state) {
    (void)state;
    replay_all(NULL);
}

static void replay_on(struct gpu_device *device, void *context) {
    (void)context;
    replay_all(device);
}

static void test_vulkan(void **state) {
    (void)state;
    on_every_device(replay_on, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_vulkan),
    };
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
