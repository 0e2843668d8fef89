/* What is computed again in the backward pass gives the same gradients, bit for bit, in less memory. */
#include "gpu_fixture.h"

#include "base/memory.h"
#include "base/philox.h"
#include "graph/operators.h"
#include "train/step.h"

enum { IMAGES = 4, PLACES = 6 };

/* ---- a step ---- */

static struct settings small_settings(enum settings_objective objective) {
    struct settings s;
    settings_defaults(&s);
    s.objective = objective;
    s.image_height = 16, s.image_width = 32, s.patch_height = 4, s.patch_width = 8;
    s.width = 16, s.depth = 3, s.heads = 2, s.mlp_ratio = 4, s.scales = 2;
    s.decoder_width = 16, s.decoder_depth = 2, s.decoder_heads = 2, s.decoder_mlp_ratio = 2;
    s.recognition_width = 16, s.recognition_depth = 2, s.recognition_heads = 2, s.recognition_inner = 16;
    s.max_length = PLACES, s.tiles = SETTINGS_TILES_FIXED;
    return s; /* with dropout */
}

static void write_noise(const struct train_step *step, const struct tensor *tensor) {
    float *values;
    struct philox random = philox_start(3, PHILOX_STREAM_TEST, 0, 0);
    if (tensor == NULL)
        return;
    assert_ok(memory_new(&values, tensor->elements, sizeof *values));
    for (size_t i = 0; i < tensor->elements; i++)
        values[i] = philox_next_between(&random, -1, 1);
    assert_ok(executor_write(step->executor, tensor, values));
    free(values);
}

static struct train_step *open_step(const struct settings *settings, struct gpu_device *device) {
    static const uint32_t target[IMAGES * PLACES] = {3, 94, 95, 95, 95, 95, 7, 8, 94, 95, 95, 95,
                                                     1, 2,  3,  4,  5,  94, 9, 9, 9,  94, 95, 95},
                                          length[IMAGES] = {2, 3, 6, 4};
    struct train_step *step;
    assert_ok(train_step_create(
        &step, settings,
        &(struct train_step_options){.batch = IMAGES, .device = device, .keep_gradients = true}));
    assert_ok(executor_initialise(step->executor, 7));
    write_noise(step, step->objective.image);
    write_noise(step, step->objective.guidance);
    if (step->objective.target != NULL) {
        assert_ok(executor_write(step->executor, step->objective.target, target));
        assert_ok(executor_write(step->executor, step->objective.length, length));
    }
    assert_ok(executor_run(step->executor, step->start_segment));
    assert_ok(train_step_run(step, 3, 1e-3));
    return step;
}

/* The same parameter's gradient of both steps; returns whether there is one. */
static bool check_gradient(const struct train_step *kept, const struct train_step *again, const char *name) {
    char text[300];
    snprintf(text, sizeof text, "grad.%s", name);
    const struct tensor *const a = graph_find(kept->graph, text), *const b = graph_find(again->graph, text);
    assert_int_equal(a == NULL, b == NULL);
    if (a == NULL)
        return false;
    float *x, *y;
    assert_ok(memory_new(&x, a->elements, sizeof *x));
    assert_ok(memory_new(&y, a->elements, sizeof *y));
    assert_ok(executor_read(kept->executor, a, x));
    assert_ok(executor_read(again->executor, b, y));
    if (memcmp(x, y, a->elements * sizeof *x) != 0)
        fail_msg("the gradient of %s is another", name);
    free(x);
    free(y);
    return true;
}

static void check_step(enum settings_objective objective, struct gpu_device *device) {
    struct settings settings = small_settings(objective);
    struct train_step *const kept = open_step(&settings, device);
    settings.recompute = SETTINGS_RECOMPUTE_BLOCKS;
    struct train_step *const again = open_step(&settings, device);
    struct train_result a, b;
    size_t gradients = 0;
    assert_ok(train_step_result(kept, 3, &a));
    assert_ok(train_step_result(again, 3, &b));
    assert_true(a.loss > 0 && a.loss == b.loss && a.norm > 0 && a.norm == b.norm);
    for (size_t i = 0; i < graph_tensor_count(kept->graph); i++) {
        const struct tensor *const parameter = graph_tensor(kept->graph, i);
        if (parameter->kind == TENSOR_PARAMETER && parameter->base == parameter)
            gradients += check_gradient(kept, again, parameter->name);
    }
    assert_true(gradients > 50);
    const struct plan *const large = executor_plan(kept->executor), *const small =
                                                                        executor_plan(again->executor);
    assert_true(small->temporary_bytes < large->temporary_bytes * 2 / 3);
    assert_true(small->state_bytes == large->state_bytes);
    train_step_destroy(kept);
    train_step_destroy(again);
}

static void check_objectives(struct gpu_device *device) {
    check_step(SETTINGS_OBJECTIVE_MAE, device);
    check_step(SETTINGS_OBJECTIVE_LMIM, device);
    check_step(SETTINGS_OBJECTIVE_MNSP, device);
    check_step(SETTINGS_OBJECTIVE_RECOGNITION, device);
}

static void test_reference(void **state) {
    (void)state;
    check_objectives(NULL);
}

static void test_device(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    check_objectives(device);
    end_device(device);
}

/* ---- a graph ---- */

enum { ROWS = 4, WIDTH = 3 };

static size_t copies_of(const struct graph *g, enum operator_id id) {
    size_t count = 0;
    for (size_t i = 0; i < graph_node_count(g); i++)
        count += graph_node(g, i)->is_copy && graph_node(g, i)->operator== id;
    return count;
}

/* Inside the block: h = gelu(x w), of which the gradient needs x w, not h; the last product of the block
 * needs h. */
static void test_what_is_computed_again(void **state) {
    (void)state;
    const struct initial some = {.kind = INITIAL_NORMAL, .value = 1};
    struct graph *g;
    assert_ok(graph_create(&g));
    const struct tensor *const w = graph_parameter(g, "w", SHAPE(WIDTH, WIDTH), GRAPH_TRAINABLE, some);
    const struct tensor *x = graph_input(g, "x", SHAPE(ROWS, WIDTH));
    for (int i = 0; i < 2; i++) {
        graph_block_begin(g);
        x = graph_linear(g, graph_gelu(g, graph_linear(g, x, w, NULL)), w, NULL);
        graph_block_end(g);
    }
    x = graph_gelu(g, x); /* in no block */
    graph_recompute(g);
    graph_backward(g, graph_sum(g, x), NULL);
    assert_ok(graph_status(g));
    assert_int_equal(copies_of(g, OPERATOR_gelu), 2);
    assert_int_equal(copies_of(g, OPERATOR_matmul), 2); /* the first of each block; the last is its end */
    assert_non_null(graph_gradient(g, w));
    graph_destroy(g);
}

/* An operator that changes a tensor cannot be done twice. */
static void test_changes_are_refused(void **state) {
    (void)state;
    const struct initial some = {.kind = INITIAL_NORMAL, .value = 1};
    struct graph *g;
    assert_ok(graph_create(&g));
    const struct tensor *const w = graph_parameter(g, "w", SHAPE(ROWS), GRAPH_TRAINABLE, some);
    graph_block_begin(g);
    const struct tensor *const y = graph_gelu(g, w);
    graph_ema(g, graph_state(g, "average", SHAPE(ROWS), some), w, NULL, 0.5F);
    graph_block_end(g);
    graph_recompute(g);
    graph_backward(g, graph_sum(g, y), NULL);
    assert_int_equal(graph_status(g), STATUS_INTERNAL);
    assert_non_null(strstr(status_message(), "ema"));
    graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference),
        cmocka_unit_test(test_device),
        cmocka_unit_test(test_what_is_computed_again),
        cmocka_unit_test(test_changes_are_refused),
    };
    return cmocka_run_group_tests_name("recompute", tests, NULL, NULL);
}
