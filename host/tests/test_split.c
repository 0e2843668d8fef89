/* Which sums are cut into parts, and that the parts make up the whole. */
#include "gpu_fixture.h"
#include "graph/executor.h"
#include "graph/operators.h"
#include "graph/split.h"
#include "graph/tiling.h"

static const struct gpu_properties gpu = {.type = GPU_TYPE_DISCRETE, .max_groups = {65535, 65535, 65535}};
static const struct gpu_properties cpu = {.type = GPU_TYPE_CPU, .max_groups = {65535, 65535, 65535}};

/* Gradients of ViT-S at batch 256; few rows; a count of rows that cannot be divided;
 * enough tiles as it is. */
static void test_number_of_parts(void **state) {
    (void)state;
    static const struct {
        size_t m, n, k, parts;
    } cases[] = {
        {384, 1536, 65792, 4}, {384, 384, 65792, 16}, {1152, 384, 13312, 8},  {384, 384, 511, 1},
        {384, 384, 512, 2},    {384, 384, 65537, 1},  {4096, 1536, 65792, 1}, {7, 5, 1024, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(tiling_parts(cases[i].m, cases[i].n, cases[i].k, &gpu), cases[i].parts);
        assert_int_equal(tiling_parts(cases[i].m, cases[i].n, cases[i].k, &cpu), 1);
    }
}

enum { ROWS = 1024, INPUTS = 5, OUTPUTS = 7 };

/* A layer whose weight is used twice; small integers, so that every order of the sums gives the same bits. */
static struct graph *build(void) {
    struct graph *g;
    assert_int_equal(graph_create(&g), STATUS_OK);
    const struct initial none = {.kind = INITIAL_CONSTANT};
    const struct tensor *const weight =
        graph_parameter(g, "weight", SHAPE(OUTPUTS, INPUTS), GRAPH_TRAINABLE, none);
    const struct tensor *const x = graph_input(g, "x", SHAPE(ROWS, INPUTS));
    const struct tensor *const target = graph_input(g, "target", SHAPE(ROWS, OUTPUTS));
    const struct tensor *const y =
        graph_add(g, graph_linear(g, x, weight, NULL), graph_linear(g, graph_scale(g, x, 2), weight, NULL));
    graph_backward(g, graph_masked_mse(g, y, target, NULL, 1), NULL);
    graph_output(g, graph_gradient(g, weight), "gradient");
    assert_int_equal(graph_status(g), STATUS_OK);
    return g;
}

static void run(float gradient[OUTPUTS * INPUTS], struct gpu_device *device, bool split) {
    struct graph *const g = build();
    struct executor *executor;
    static float x[ROWS * INPUTS], target[ROWS * OUTPUTS];
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        x[i] = (float)(i % 5) - 2;
    for (size_t i = 0; i < ROWS * OUTPUTS; i++)
        target[i] = (float)(i % 11) - 5;
    const size_t before = graph_node_count(g);
    for (int again = 0; split && again < 2; again++) {
        assert_int_equal(graph_split(g, &gpu), STATUS_OK);
        assert_int_equal(graph_node_count(g), before + 2); /* both products of the gradient */
    }
    assert_int_equal(executor_create(&executor, g, device, false), STATUS_OK);
    assert_int_equal(executor_initialise(executor, 1), STATUS_OK);
    assert_int_equal(executor_write(executor, graph_find(g, "x"), x), STATUS_OK);
    assert_int_equal(executor_write(executor, graph_find(g, "target"), target), STATUS_OK);
    assert_int_equal(executor_run(executor, 0), STATUS_OK);
    assert_int_equal(executor_read(executor, graph_find(g, "gradient"), gradient), STATUS_OK);
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_same_sum(void **state) {
    (void)state;
    struct gpu_device *const devices[] = {NULL, need_device((struct gpu_options){0})};
    float whole[OUTPUTS * INPUTS], parts[OUTPUTS * INPUTS];
    run(whole, NULL, false);
    assert_true(whole[0] != 0);
    for (size_t i = 0; i < 2; i++) {
        run(parts, devices[i], true);
        assert_memory_equal(parts, whole, sizeof whole);
    }
    end_device(devices[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_of_parts),
        cmocka_unit_test(test_same_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
