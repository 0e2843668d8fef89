/* Which sums are made where one of their parts is, and that they stay the same. */
#include "graph/executor.h"
#include "graph/fuse.h"
#include "graph/operator_index.h"
#include "graph/operators.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ROWS = 5, WIDTH = 3, COUNT = ROWS * WIDTH };

static const struct initial some = {.kind = INITIAL_NORMAL, .value = 1};

static struct graph *new_graph(void) {
    struct graph *g;
    assert_int_equal(graph_create(&g), STATUS_OK);
    return g;
}

static const struct tensor *weight(struct graph *g) {
    return graph_parameter(g, "weight", SHAPE(WIDTH, WIDTH), GRAPH_TRAINABLE, some);
}

static const struct tensor *parameter(struct graph *g, const char *name) {
    return graph_parameter(g, name, SHAPE(ROWS, WIDTH), GRAPH_TRAINABLE, some);
}

static size_t adds_left(struct graph *g) {
    size_t count = 0;
    assert_int_equal(graph_status(g), STATUS_OK);
    assert_int_equal(graph_fuse(g), STATUS_OK);
    assert_int_equal(graph_fuse(g), STATUS_OK); /* again: nothing to do */
    for (size_t i = 0; i < graph_node_count(g); i++)
        count += graph_node(g, i)->operator== OPERATOR_add;
    return count;
}

/* Gradients of x through two residual branches, of which the second uses the same weight; where `apart`,
 * every product is an output, so that none can take an addend. */
static void run(float loss[1], float dx[COUNT], float dweight[WIDTH * WIDTH], bool apart, size_t adds) {
    struct graph *const g = new_graph();
    struct executor *executor;
    const struct tensor *const first = parameter(g, "x");
    const struct tensor *x = first;
    for (int i = 0; i < 2; i++) {
        const struct tensor *const y =
            graph_linear(g, graph_layernorm(g, x, NULL, NULL, 1e-6F), weight(g), NULL);
        if (apart)
            graph_output(g, y, i == 0 ? "first" : "second");
        x = graph_add(g, x, y);
    }
    const struct tensor *const total = graph_output(g, graph_sum(g, graph_gelu(g, x)), "loss");
    graph_backward(g, total, NULL);
    graph_output(g, graph_gradient(g, first), "dx");
    graph_output(g, graph_gradient(g, weight(g)), "dweight");
    assert_int_equal(adds_left(g), adds);
    assert_int_equal(executor_create(&executor, g, NULL, false), STATUS_OK);
    assert_int_equal(executor_initialise(executor, 7), STATUS_OK);
    assert_int_equal(executor_run(executor, 0), STATUS_OK);
    assert_int_equal(executor_read(executor, total, loss), STATUS_OK);
    assert_int_equal(executor_read(executor, graph_find(g, "dx"), dx), STATUS_OK);
    assert_int_equal(executor_read(executor, graph_find(g, "dweight"), dweight), STATUS_OK);
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_same_results(void **state) {
    (void)state;
    float loss[2][1], dx[2][COUNT], dweight[2][WIDTH * WIDTH];
    run(loss[0], dx[0], dweight[0], false, 0);
    run(loss[1], dx[1], dweight[1], true, 2);
    assert_float_equal(loss[0][0], loss[1][0], 1e-5);
    for (size_t i = 0; i < COUNT; i++)
        assert_float_equal(dx[0][i], dx[1][i], 1e-5);
    for (size_t i = 0; i < WIDTH * WIDTH; i++)
        assert_float_equal(dweight[0][i], dweight[1][i], 1e-5);
}

/* Of either part, but not of one that is needed elsewhere or that the host reads. */
static void test_parts(void **state) {
    (void)state;
    for (int variant = 0; variant < 4; variant++) {
        struct graph *const g = new_graph();
        const struct tensor *const x = parameter(g, "x"), *const y = graph_linear(g, x, weight(g), NULL);
        if (variant == 2)
            graph_output(g, y, "y");
        if (variant == 3)
            graph_output(g, graph_gelu(g, y), "z");
        graph_output(g, variant == 0 ? graph_add(g, x, y) : graph_add(g, y, x), "sum");
        assert_int_equal(adds_left(g), variant < 2 ? 0 : 1);
        graph_destroy(g);
    }
}

/* An addend that is made after the product, or changed in place, is not there when it would be needed. */
static void test_addend_not_ready(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct graph *const g = new_graph();
        const struct tensor *const x = parameter(g, "x");
        const struct tensor *const kept = graph_state(g, "kept", SHAPE(ROWS, WIDTH), some);
        const struct tensor *const y = graph_linear(g, x, weight(g), NULL);
        const struct tensor *const index = graph_input_unsigned(g, "index", SHAPE(1, ROWS));
        graph_scatter_rows(g, kept, x, index);
        graph_output(g, graph_add(g, y, variant == 0 ? kept : graph_gelu(g, x)), "sum");
        assert_int_equal(adds_left(g), 1);
        graph_destroy(g);
    }
}

/* Segments are run one by one. */
static void test_segments(void **state) {
    (void)state;
    struct graph *const g = new_graph();
    const struct tensor *const x = parameter(g, "x"), *const y = graph_linear(g, x, weight(g), NULL);
    graph_segment(g);
    graph_output(g, graph_add(g, x, y), "sum");
    assert_int_equal(adds_left(g), 1);
    graph_destroy(g);
}

/* ---- what a product does to its result ---- */

static size_t nodes_of(const struct graph *g, enum operator_id operator) {
    size_t count = 0;
    for (size_t i = 0; i < graph_node_count(g); i++)
        count += graph_node(g, i)->operator== operator;
    return count;
}

static const struct graph_node *first_product(const struct graph *g) {
    for (size_t i = 0; i < graph_node_count(g); i++)
        if (graph_node(g, i)->operator== OPERATOR_matmul)
            return graph_node(g, i);
    return NULL;
}

/* x + dropout(gelu(x W^T) W^T): one product after the other. Without a gradient nobody needs what gelu was
 * applied to; with one, it is kept, and both dropout and gelu's gradient are done by the product backward. */
static void test_feed_forward(void **state) {
    (void)state;
    for (int training = 0; training < 2; training++) {
        struct graph *const g = new_graph();
        const struct tensor *const x = parameter(g, "x");
        const struct tensor *const hidden =
            graph_dropout(g, graph_gelu(g, graph_linear(g, x, weight(g), NULL)), 0.5F);
        const struct tensor *const y = graph_linear(g, hidden, weight(g), NULL);
        graph_output(g, graph_add(g, x, graph_dropout(g, y, 0.5F)), "y");
        if (training) {
            const struct tensor *const loss = graph_sum(g, graph_find(g, "y"));
            graph_backward(g, loss, NULL);
            graph_output(g, graph_gradient(g, x), "dx");
        }
        adds_left(g);
        assert_int_equal(nodes_of(g, OPERATOR_gelu), 0);
        assert_int_equal(nodes_of(g, OPERATOR_gelu_backward), 0);
        assert_int_equal(nodes_of(g, OPERATOR_dropout),
                         training); /* of the loss's gradient: no product makes it */
        const struct graph_node *const product = first_product(g);
        assert_int_equal(product->numbers[ARGUMENT_INDEX(matmul, gelu)].size, 1);
        assert_non_null(product->tensors[ARGUMENT_INDEX(matmul, random)]);
        assert_int_equal(product->tensors[ARGUMENT_INDEX(matmul, pre)] != NULL, training);
        graph_destroy(g);
    }
}

/* gelu after a sum or dropout is none of the product's: it would come in the wrong order. */
static void test_order(void **state) {
    (void)state;
    for (int variant = 0; variant < 2; variant++) {
        struct graph *const g = new_graph();
        const struct tensor *const x = parameter(g, "x"), *const y = graph_linear(g, x, weight(g), NULL);
        const struct tensor *const z = variant == 0 ? graph_add(g, x, y) : graph_dropout(g, y, 0.5F);
        graph_output(g, graph_gelu(g, z), "z");
        assert_int_equal(adds_left(g), 0);
        assert_int_equal(nodes_of(g, OPERATOR_gelu), 1);
        assert_int_equal(nodes_of(g, OPERATOR_dropout), 0);
        graph_destroy(g);
    }
}

/* The numbers of a feed-forward layer and its gradient, as the product makes them and as the operators do,
 * which get their chance when the host reads what lies between. */
static void run_layer(float dx[COUNT], float dweight[WIDTH * WIDTH], bool apart) {
    struct graph *const g = new_graph();
    struct executor *executor;
    const struct tensor *const x = parameter(g, "x"), *const inner = graph_linear(g, x, weight(g), NULL);
    const struct tensor *const hidden = graph_gelu(g, apart ? graph_scale(g, inner, 1) : inner);
    const struct tensor *const y =
        graph_linear(g, apart ? graph_scale(g, hidden, 1) : hidden, weight(g), NULL);
    graph_backward(g, graph_sum(g, graph_gelu(g, apart ? graph_scale(g, y, 1) : y)), NULL);
    graph_output(g, graph_gradient(g, x), "dx");
    graph_output(g, graph_gradient(g, weight(g)), "dweight");
    adds_left(g);
    assert_int_equal(nodes_of(g, OPERATOR_gelu), apart ? 2 : 0);
    assert_int_equal(nodes_of(g, OPERATOR_gelu_backward), apart ? 2 : 1);
    assert_int_equal(executor_create(&executor, g, NULL, false), STATUS_OK);
    assert_int_equal(executor_initialise(executor, 7), STATUS_OK);
    assert_int_equal(executor_run(executor, 0), STATUS_OK);
    assert_int_equal(executor_read(executor, graph_find(g, "dx"), dx), STATUS_OK);
    assert_int_equal(executor_read(executor, graph_find(g, "dweight"), dweight), STATUS_OK);
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_same_layer(void **state) {
    (void)state;
    float dx[2][COUNT], dweight[2][WIDTH * WIDTH];
    run_layer(dx[0], dweight[0], false);
    run_layer(dx[1], dweight[1], true);
    for (size_t i = 0; i < COUNT; i++)
        assert_float_equal(dx[0][i], dx[1][i], 1e-5);
    for (size_t i = 0; i < WIDTH * WIDTH; i++)
        assert_float_equal(dweight[0][i], dweight[1][i], 1e-5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_results),     cmocka_unit_test(test_parts),
        cmocka_unit_test(test_addend_not_ready), cmocka_unit_test(test_segments),
        cmocka_unit_test(test_feed_forward),     cmocka_unit_test(test_order),
        cmocka_unit_test(test_same_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
