/* The graph, its gradients, the memory plan, and the reference executor, on a small network that uses views,
 * shared parameters and every way in which attention takes its inputs. */
#include "base/philox.h"
#include "graph/executor.h"
#include "graph/operators.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BATCH = 2, TOKENS = 5, WIDTH = 8, HEADS = 2, CLASSES = 3 };

static const struct initial small = {.kind = INITIAL_UNIFORM, .value = 0.5F};

static const struct tensor *weight(struct graph *g, const char *name, size_t out, size_t in) {
    return graph_parameter(g, name, SHAPE(out, in), GRAPH_TRAINABLE, small);
}

static const struct tensor *vector(struct graph *g, const char *name, size_t width) {
    return graph_parameter(g, name, SHAPE(width), GRAPH_TRAINABLE, small);
}

/* x -> LayerNorm -> self-attention on a fused qkv -> residual -> cross-attention with sliced weights -> GELU,
 * with the same weight used twice -> cross-entropy and squared error. */
static const struct tensor *build(struct graph *g) {
    const struct tensor *x = graph_input(g, "x", SHAPE(BATCH, TOKENS, WIDTH));
    const struct tensor *const target = graph_input_unsigned(g, "target", SHAPE(BATCH, TOKENS));
    const struct tensor *const shared = weight(g, "shared", WIDTH, WIDTH);
    x = graph_add_rows(g, graph_linear(g, x, shared, vector(g, "bias", WIDTH)), weight(g, "rows", 7, WIDTH),
                       1, TOKENS);
    const struct tensor *n =
        graph_layernorm(g, x, vector(g, "norm.weight", WIDTH), vector(g, "norm.bias", WIDTH), 1e-5F);
    const struct tensor *const qkv = graph_linear(g, n, weight(g, "qkv", 3 * WIDTH, WIDTH), NULL);
    x = graph_add(g, x,
                  graph_attention(g, &(struct graph_attention){.q = {qkv, 0},
                                                               .k = {qkv, WIDTH},
                                                               .v = {qkv, 2 * WIDTH},
                                                               .heads = HEADS,
                                                               .head_width = WIDTH / HEADS,
                                                               .causal = true}));
    const struct tensor *const packed = weight(g, "packed", 3 * WIDTH, WIDTH);
    const struct tensor *const q = graph_linear(g, x, graph_slice(g, packed, 0, WIDTH), NULL);
    const struct tensor *const memory = graph_concatenate(g, x, graph_slice(g, x, 0, 2));
    const struct tensor *const kv = graph_linear(g, memory, graph_slice(g, packed, WIDTH, 2 * WIDTH), NULL);
    n = graph_attention(
        g, &(struct graph_attention){
               .q = {q, 0}, .k = {kv, 0}, .v = {kv, WIDTH}, .heads = HEADS, .head_width = WIDTH / HEADS});
    x = graph_gelu(g, graph_linear(g, graph_add(g, x, n), shared, NULL));
    const struct tensor *const logits = graph_linear(g, x, weight(g, "head", CLASSES, WIDTH), NULL);
    const struct tensor *const entropy = graph_cross_entropy(g, logits, target, 99, 1.0F / BATCH);
    const struct tensor *const error =
        graph_masked_mse(g, graph_slice(g, x, 0, 1), graph_slice(g, x, 3, 1), NULL, 0.125F);
    return graph_output(g, graph_add(g, entropy, graph_scale(g, error, 0.5F)), "loss");
}

static void random_array(float *out, size_t count, uint32_t step) {
    struct philox random = philox_start(7, PHILOX_STREAM_TEST, step, 0);
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next_between(&random, -1, 1);
}

static float run(struct executor *executor, const struct tensor *loss) {
    float value;
    assert_int_equal(executor_run(executor, 0), STATUS_OK);
    assert_int_equal(executor_read(executor, loss, &value), STATUS_OK);
    return value;
}

/* Central differences along a random direction for every parameter. The loss is O(1) and computed to a few
 * 2^-24 in its last sums, so that a step h has an error of about 2^-22 / h from rounding and h^2 from
 * curvature: h = 1/64 leaves some 1e-4 of each, relative to directional derivatives of O(1). */
static void check_gradients(struct gpu_device *device) {
    struct graph *g;
    assert_int_equal(graph_create(&g), STATUS_OK);
    const struct tensor *const loss = build(g);
    graph_backward(g, loss, NULL);
    const size_t tensors = graph_tensor_count(g);
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const p = graph_tensor(g, i);
        if (p->kind == TENSOR_PARAMETER && p->base == p && graph_gradient(g, p) != NULL) {
            char name[64];
            snprintf(name, sizeof name, "grad.%s", p->name);
            graph_output(g, graph_gradient(g, p), name);
        }
    }
    assert_string_equal(graph_status(g) ? status_message() : "", "");
    struct executor *executor;
    assert_int_equal(executor_create(&executor, g, device, false), STATUS_OK);
    assert_int_equal(executor_initialise(executor, 3), STATUS_OK);
    float x[BATCH * TOKENS * WIDTH];
    random_array(x, BATCH * TOKENS * WIDTH, 1);
    const uint32_t target[BATCH * TOKENS] = {0, 1, 2, 99, 1, 2, 2, 0, 99, 1};
    assert_int_equal(executor_write(executor, graph_find(g, "x"), x), STATUS_OK);
    assert_int_equal(executor_write(executor, graph_find(g, "target"), target), STATUS_OK);

    size_t checked = 0;
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const p = graph_tensor(g, i);
        if (p->kind != TENSOR_PARAMETER || p->base != p)
            continue;
        assert_non_null(graph_gradient(g, p));
        float values[256], moved[256], direction[256], gradient[256];
        assert_true(p->elements <= 256);
        (void)run(executor, loss);
        assert_int_equal(executor_read(executor, p, values), STATUS_OK);
        assert_int_equal(executor_read(executor, graph_gradient(g, p), gradient), STATUS_OK);
        random_array(direction, p->elements, (uint32_t)i + 10);
        double expected = 0, losses[2];
        for (size_t j = 0; j < p->elements; j++)
            expected += (double)gradient[j] * direction[j];
        const float h = 1.0F / 64;
        for (int side = 0; side < 2; side++) {
            for (size_t j = 0; j < p->elements; j++)
                moved[j] = values[j] + (side ? h : -h) * direction[j];
            assert_int_equal(executor_write(executor, p, moved), STATUS_OK);
            losses[side] = run(executor, loss);
        }
        assert_int_equal(executor_write(executor, p, values), STATUS_OK);
        const double measured = (losses[1] - losses[0]) / (2 * h);
        if (!(fabs(measured - expected) <= 2e-3 * (1 + fabs(expected))))
            fail_msg("%s: gradient %g, differences %g", p->name, expected, measured);
        checked++;
    }
    assert_int_equal(checked, 8);
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_gradients_reference(void **state) {
    (void)state;
    check_gradients(NULL);
}

static void test_gradients_vulkan(void **state) {
    (void)state;
    struct gpu_device *device;
    if (gpu_device_open(&device, NULL, &(struct gpu_options){0}) != STATUS_OK)
        skip();
    check_gradients(device);
    gpu_device_close(device);
}

/* No two tensors may share memory while both live, and every tensor lies inside its arena. */
static void check_plan(struct graph *g, const struct plan *plan) {
    const size_t tensors = graph_tensor_count(g), nodes = graph_node_count(g);
    int64_t(*const life)[2] = calloc(tensors, sizeof *life);
    assert_non_null(life);
    for (size_t i = 0; i < tensors; i++) {
        const bool temporary = plan->arenas[plan->places[i].arena].class == PLAN_TEMPORARY;
        life[i][0] = temporary ? INT64_MAX : 0;
        life[i][1] = temporary ? -1 : INT64_MAX;
    }
    for (size_t n = 0; n < nodes; n++)
        for (uint32_t i = 0; i < operator_tensor_count(graph_node(g, n)->operator); i++) {
            const struct tensor *const t = graph_node(g, n)->tensors[i];
            if (t == NULL)
                continue;
            int64_t *const l = life[t->base->id];
            l[0] = l[0] < (int64_t)n ? l[0] : (int64_t)n;
            l[1] = l[1] > (int64_t)n ? l[1] : (int64_t)n;
        }
    for (size_t a = 0; a < tensors; a++) {
        const struct tensor *const x = graph_tensor(g, a);
        if (x->base != x || life[a][1] < 0)
            continue;
        const struct plan_place p = plan->places[a];
        assert_true(p.offset % 64 == 0);
        assert_true(p.offset + x->elements * 4 <= plan->arenas[p.arena].bytes);
        for (size_t b = a + 1; b < tensors; b++) {
            const struct tensor *const y = graph_tensor(g, b);
            const struct plan_place q = plan->places[b];
            if (y->base != y || life[b][1] < 0 || p.arena != q.arena || life[a][1] < life[b][0] ||
                life[b][1] < life[a][0])
                continue;
            assert_true(p.offset + x->elements * 4 <= q.offset || q.offset + y->elements * 4 <= p.offset);
        }
    }
    free(life);
}

static void test_plan(void **state) {
    (void)state;
    struct graph *g;
    assert_int_equal(graph_create(&g), STATUS_OK);
    graph_backward(g, build(g), NULL);
    struct plan *plan;
    struct plan_limits limits = plan_host_limits();
    assert_int_equal(plan_create(&plan, g, &limits), STATUS_OK);
    check_plan(g, plan);
    assert_true(plan->temporary_bytes < plan->unshared_bytes / 2);
    plan_destroy(plan);
    limits.arena_bytes = 4096; /* many small arenas */
    assert_int_equal(plan_create(&plan, g, &limits), STATUS_OK);
    check_plan(g, plan);
    assert_true(plan->arena_count > 2);
    for (uint32_t i = 0; i < plan->arena_count; i++)
        assert_true(plan->arenas[i].bytes <= 4096);
    plan_destroy(plan);
    limits.binding_bytes = 512;
    assert_int_equal(plan_create(&plan, g, &limits), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "smaller batch"));
    graph_destroy(g);
}

/* A tensor used in two segments keeps its memory, and a segment can be run alone. */
static void test_segments(void **state) {
    (void)state;
    struct graph *g;
    assert_int_equal(graph_create(&g), STATUS_OK);
    const struct tensor *const x = graph_input(g, "x", SHAPE(4));
    const struct tensor *const y = graph_scale(g, x, 2);
    const struct tensor *const step = graph_input(g, "step", SHAPE(4));
    assert_int_equal(graph_segment(g), 1);
    const struct tensor *const z = graph_output(g, graph_add(g, y, step), "z");
    struct executor *executor;
    assert_int_equal(executor_create(&executor, g, NULL, false), STATUS_OK);
    const float ones[4] = {1, 1, 1, 1}, twos[4] = {2, 2, 2, 2};
    float result[4];
    assert_int_equal(executor_write(executor, x, ones), STATUS_OK);
    assert_int_equal(executor_write(executor, step, ones), STATUS_OK);
    assert_int_equal(executor_run(executor, 0), STATUS_OK);
    assert_int_equal(executor_run(executor, 1), STATUS_OK);
    assert_int_equal(executor_read(executor, z, result), STATUS_OK);
    assert_true(result[3] == 3);
    assert_int_equal(executor_write(executor, step, twos), STATUS_OK);
    assert_int_equal(executor_run(executor, 1), STATUS_OK);
    assert_int_equal(executor_read(executor, z, result), STATUS_OK);
    assert_true(result[3] == 4);
    assert_int_equal(executor_read(executor, y, result), STATUS_INTERNAL);
    assert_int_equal(executor_run(executor, 2), STATUS_INTERNAL);
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_mistakes(void **state) {
    (void)state;
    struct graph *g;
    assert_int_equal(graph_create(&g), STATUS_OK);
    const struct tensor *const x = graph_input(g, "x", SHAPE(2, 3));
    const struct tensor *const w = graph_input(g, "w", SHAPE(4, 5));
    const struct tensor *const y = graph_linear(g, x, w, NULL);
    graph_gelu(g, graph_add(g, y, x)); /* later mistakes do not hide the first */
    assert_int_equal(graph_status(g), STATUS_INTERNAL);
    assert_string_equal(status_message(), "linear: shapes (2, 3) and (4, 5) do not fit");
    graph_destroy(g);
    assert_int_equal(graph_create(&g), STATUS_OK);
    graph_parameter(g, "p", SHAPE(2, 3), GRAPH_TRAINABLE, small);
    graph_parameter(g, "p", SHAPE(3, 2), GRAPH_TRAINABLE, small);
    assert_int_equal(graph_status(g), STATUS_INTERNAL);
    assert_non_null(strstr(status_message(), "p is declared as (2, 3) and again as (3, 2)"));
    graph_destroy(g);
}

/* Initial values depend on seed and name only. */
static void test_initial(void **state) {
    (void)state;
    float values[3][6];
    for (int i = 0; i < 3; i++) {
        struct graph *g;
        assert_int_equal(graph_create(&g), STATUS_OK);
        if (i == 1)
            graph_parameter(g, "other", SHAPE(9), GRAPH_TRAINABLE, small);
        const struct tensor *const p = graph_parameter(g, "p", SHAPE(6), GRAPH_TRAINABLE, small);
        struct executor *executor;
        assert_int_equal(executor_create(&executor, g, NULL, false), STATUS_OK);
        assert_int_equal(executor_initialise(executor, i == 2 ? 6 : 5), STATUS_OK);
        assert_int_equal(executor_read(executor, p, values[i]), STATUS_OK);
        executor_destroy(executor);
        graph_destroy(g);
    }
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    assert_memory_not_equal(values[0], values[2], sizeof values[0]);
    for (int i = 0; i < 6; i++)
        assert_true(values[0][i] >= -0.5F && values[0][i] < 0.5F);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradients_reference),
        cmocka_unit_test(test_gradients_vulkan),
        cmocka_unit_test(test_plan),
        cmocka_unit_test(test_segments),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_initial),
    };
    return cmocka_run_group_tests_name("graph", tests, NULL, NULL);
}
