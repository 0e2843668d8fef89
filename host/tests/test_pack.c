/* Tensors side by side: where they lie, what an operator over all of them sees, averages that follow them. */
#include "gpu_fixture.h"

#include "graph/executor.h"
#include "graph/operators.h"

enum { FIRST = 70, SECOND = 64, THIRD = 3, ALL = 128 + 64 + 64 };

static const struct initial one = {.kind = INITIAL_CONSTANT, .value = 1};

static const struct tensor *parameter(struct graph *g, const char *name, size_t elements) {
    return graph_parameter(g, name, SHAPE(elements), GRAPH_TRAINABLE, one);
}

static struct executor *open_executor(struct graph *g, struct gpu_device *device) {
    struct executor *executor;
    assert_ok(graph_status(g));
    assert_ok(executor_create(&executor, g, device, false));
    assert_ok(executor_initialise(executor, 1));
    assert_ok(executor_run(executor, 0));
    return executor;
}

static size_t nodes_of(const struct graph *g, enum operator_id id) {
    size_t count = 0;
    for (size_t i = 0; i < graph_node_count(g); i++)
        count += graph_node(g, i)->operator== id;
    return count;
}

/* Gradients made by three nodes (one of them a sum that could be fused away) are read by one; what lies
 * between them counts nothing. */
static void check_squares(struct gpu_device *device) {
    struct graph *g;
    assert_ok(graph_create(&g));
    const struct tensor *const members[] = {
        graph_scale(g, parameter(g, "a", FIRST), 2), graph_scale(g, parameter(g, "b", SECOND), 3),
        graph_add(g,
                  graph_linear(g, graph_view(g, parameter(g, "x", THIRD), SHAPE(1, THIRD)),
                               graph_constant(g, SHAPE(THIRD, THIRD), 1), NULL),
                  graph_view(g, parameter(g, "c", THIRD), SHAPE(1, THIRD)))}; /* 4 each */
    const struct tensor *const pack = graph_pack(g, members, 3);
    assert_int_equal(pack->elements, ALL);
    (void)graph_segment(g);
    const struct tensor *const partial = graph_output(g, graph_activation(g, SHAPE(4)), "partial");
    graph_square_sum(g, partial, pack);
    struct executor *const executor = open_executor(g, device);
    assert_ok(executor_run(executor, 1));
    float sums[4];
    assert_ok(executor_read(executor, partial, sums));
    const float expected[4] = {64 * 4, 6 * 4, 64 * 9, 3 * 16};
    assert_memory_equal(sums, expected, sizeof sums);
    const struct plan *const plan = executor_plan(executor);
    for (size_t i = 0; i < 3; i++) {
        const struct plan_place whole = plan->places[pack->id], part = plan->places[members[i]->id];
        assert_int_equal(part.arena, whole.arena);
        assert_int_equal(part.offset, whole.offset + (i == 0 ? 0 : i == 1 ? 128 : 192) * sizeof(float));
    }
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_squares(void **state) {
    (void)state;
    check_squares(NULL);
    struct gpu_device *const device = need_device((struct gpu_options){0});
    check_squares(device);
    end_device(device);
}

/* Averages of a and b, which lie side by side, are one node, that of d, which does not, another; c is
 * between a pack's tensors that are followed, so that it ends a run. */
static void test_followers(void **state) {
    (void)state;
    struct graph *g;
    assert_ok(graph_create(&g));
    const char *const names[] = {"a", "b", "c", "d", "e"};
    const struct tensor *sources[5], *averages[5];
    for (size_t i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "average %s", names[i]);
        sources[i] = parameter(g, names[i], FIRST);
        averages[i] = graph_state(g, name, SHAPE(FIRST), (struct initial){.kind = INITIAL_CONSTANT});
    }
    graph_pack(g, (const struct tensor *const[]){sources[0], sources[1], sources[2], sources[4]}, 4);
    for (int i = 0; i < 2; i++) { /* the second time, averages are packed */
        struct graph_follower followers[] = {{averages[4], sources[4]},
                                             {averages[3], sources[3]},
                                             {averages[1], sources[1]},
                                             {averages[0], sources[0]}};
        graph_ema_all(g, followers, 4, NULL, 0.75F);
        assert_int_equal(nodes_of(g, OPERATOR_ema), 3 * (i + 1));
    }
    struct executor *const executor = open_executor(g, NULL);
    for (size_t i = 0; i < 5; i++) {
        float values[FIRST];
        assert_ok(executor_read(executor, averages[i], values));
        for (size_t j = 0; j < FIRST; j++)
            assert_true(values[j] == (i == 2 ? 0 : 0.4375F)); /* 1/4, then 3/4 1/4 + 1/4 */
    }
    executor_destroy(executor);
    graph_destroy(g);
}

static void test_mistakes(void **state) {
    (void)state;
    struct graph *g;
    assert_ok(graph_create(&g));
    const struct tensor *const a = parameter(g, "a", FIRST);
    const struct tensor *const pack = graph_pack(g, &a, 1);
    assert_ptr_equal(graph_pack_part(g, pack, 0, pack->elements), pack);
    graph_pack(g, &a, 1);
    assert_int_equal(graph_status(g), STATUS_INTERNAL);
    graph_destroy(g);
    assert_ok(graph_create(&g));
    const struct tensor *const b = parameter(g, "b", FIRST);
    graph_pack_part(g, graph_pack(g, &b, 1), 64, 128);
    assert_int_equal(graph_status(g), STATUS_INTERNAL);
    graph_destroy(g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_squares),
        cmocka_unit_test(test_followers),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests_name("packs", tests, NULL, NULL);
}
