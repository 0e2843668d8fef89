/* Which tensors are stored in 16 bits, and that no bit of a result changes through it. */
#include "every_device.h"
#include "objective_fixture.h"

#include "graph/fuse.h"
#include "graph/narrow.h"
#include "graph/operators.h"
#include "graph/split.h"

/* ---- steps ---- */

static struct objective_settings sizes_by_four(enum objective_kind kind, enum precision precision) {
    struct objective_settings s = fixture_settings(kind);
    s.precision = precision;
    s.width = 16, s.inner = 20;
    s.decoder_width = 16, s.decoder_inner = 24;
    s.recognition_width = 24, s.recognition_inner = 12;
    s.decoder_dropout = s.recognition_dropout = 0.1;
    s.keep_outputs = false;
    return s;
}

/* What the host may read is not narrowed: so everything is made an output, once it cannot hinder fusion. */
static void keep_all(struct graph *graph, const struct gpu_device *device) {
    if (device != NULL)
        assert_ok(graph_split(graph, gpu_device_properties(device)));
    assert_ok(graph_fuse(graph));
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        char name[32];
        snprintf(name, sizeof name, "kept %zu", i);
        if (tensor->base == tensor && tensor->kind == TENSOR_ACTIVATION && tensor->name[0] == '\0')
            graph_output(graph, tensor, name);
    }
}

static size_t narrow_tensors(const struct graph *graph, enum precision precision) {
    size_t count = 0;
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        count += tensor->base == tensor && tensor_format(tensor) == precision;
        assert_true(tensor_format(tensor) == PRECISION_F32 || tensor_format(tensor) == precision);
    }
    return count;
}

static void check_gradients(const struct fixture *narrow, const struct fixture *wide) {
    size_t gradients = 0;
    for (size_t i = 0; i < graph_tensor_count(narrow->graph); i++) {
        const struct tensor *const a = graph_tensor(narrow->graph, i);
        if (strncmp(a->name, "grad.", 5) != 0)
            continue;
        float *const x = fixture_read(narrow, a), *const y =
                                                      fixture_read(wide, graph_find(wide->graph, a->name));
        if (memcmp(x, y, a->elements * sizeof *x) != 0)
            fail_msg("%s is another", a->name);
        free(x);
        free(y);
        gradients++;
    }
    assert_true(gradients > 30);
}

static void check_step(enum objective_kind kind, enum precision precision, struct gpu_device *device) {
    const struct objective_settings settings = sizes_by_four(kind, precision);
    struct fixture narrow, wide;
    fixture_build(&narrow, &settings, true);
    fixture_build(&wide, &settings, true);
    keep_all(wide.graph, device);
    fixture_start(&narrow, device);
    fixture_start(&wide, device);
    assert_true(narrow_tensors(narrow.graph, precision) >= 40);
    assert_int_equal(narrow_tensors(wide.graph, precision), 0);
    const float loss = fixture_loss(&narrow);
    assert_true(isfinite(loss) && loss == fixture_loss(&wide));
    check_gradients(&narrow, &wide);
    fixture_close(&narrow);
    fixture_close(&wide);
}

static void check_steps(struct gpu_device *device, void *context) {
    (void)context;
    for (enum precision precision = PRECISION_F16; precision < PRECISION_COUNT; precision++) {
        check_step(OBJECTIVE_MAE, precision, device);
        check_step(OBJECTIVE_LMIM, precision, device);
        check_step(OBJECTIVE_MNSP, precision, device);
        check_step(OBJECTIVE_RECOGNITION, precision, device);
    }
}

static void test_steps_of_the_reference(void **state) {
    (void)state;
    check_steps(NULL, NULL);
}

static void test_steps_of_devices(void **state) {
    (void)state;
    on_every_device(check_steps, NULL);
}

static void test_less_memory(void **state) {
    (void)state;
    const struct objective_settings settings = sizes_by_four(OBJECTIVE_LMIM, PRECISION_BF16);
    const struct plan_limits limits = plan_host_limits();
    struct fixture f;
    struct plan *wide, *narrow;
    fixture_build(&f, &settings, true);
    assert_ok(graph_fuse(f.graph));
    assert_ok(plan_create(&wide, f.graph, &limits));
    assert_ok(executor_make_plan(&narrow, f.graph, NULL));
    assert_true(narrow->temporary_bytes < 0.8 * (double)wide->temporary_bytes);
    assert_int_equal(narrow->parameter_bytes, wide->parameter_bytes);
    plan_destroy(wide);
    plan_destroy(narrow);
    fixture_close(&f);
}

/* ---- tensors ---- */

enum { ROWS = 3 };

/* Of x w as bf16, read by another such product; `also` changes that. */
static enum precision format_of_result(size_t width, enum precision precision,
                                       void (*also)(struct graph *g, const struct tensor *y)) {
    const struct initial some = {.kind = INITIAL_NORMAL, .value = 1};
    struct graph *g;
    assert_ok(graph_create(&g));
    graph_set_precision(g, precision);
    const struct tensor *const w = graph_parameter(g, "w", SHAPE(width, width), GRAPH_TRAINABLE, some);
    const struct tensor *const y = graph_linear(g, graph_input(g, "x", SHAPE(ROWS, width)), w, NULL);
    graph_output(g, graph_linear(g, y, w, NULL), "z");
    if (also != NULL)
        also(g, y);
    assert_ok(graph_status(g));
    assert_ok(graph_narrow(g));
    const enum precision format = tensor_format(y);
    graph_destroy(g);
    return format;
}

static void read_whole(struct graph *g, const struct tensor *y) {
    graph_output(g, graph_scale(g, y, 2), "twice");
}

static void read_by_the_host(struct graph *g, const struct tensor *y) {
    graph_output(g, y, "y");
}

static void read_in_another_format(struct graph *g, const struct tensor *y) {
    graph_set_precision(g, PRECISION_F16);
    graph_output(g, graph_linear(g, y, graph_find(g, "w"), NULL), "other");
}

static void read_as_an_addend(struct graph *g, const struct tensor *y) {
    graph_output(g, graph_add(g, y, graph_linear(g, y, graph_find(g, "w"), NULL)), "sum");
    assert_ok(graph_fuse(g));
}

static void read_through_a_view(struct graph *g, const struct tensor *y) {
    const struct tensor *const view = graph_view(g, y, SHAPE(1, y->shape.of[0], y->shape.of[1]));
    graph_output(g, graph_scale(g, view, 2), "twice");
}

static void test_which_tensors(void **state) {
    (void)state;
    assert_int_equal(format_of_result(8, PRECISION_BF16, NULL), PRECISION_BF16);
    assert_int_equal(format_of_result(8, PRECISION_F16, NULL), PRECISION_F16);
    assert_int_equal(format_of_result(8, PRECISION_F32, NULL), PRECISION_F32);
    assert_int_equal(format_of_result(6, PRECISION_BF16, NULL), PRECISION_F32);
    assert_int_equal(format_of_result(8, PRECISION_BF16, read_whole), PRECISION_F32);
    assert_int_equal(format_of_result(8, PRECISION_BF16, read_by_the_host), PRECISION_F32);
    assert_int_equal(format_of_result(8, PRECISION_BF16, read_in_another_format), PRECISION_F32);
    assert_int_equal(format_of_result(8, PRECISION_BF16, read_as_an_addend), PRECISION_F32);
    assert_int_equal(format_of_result(8, PRECISION_BF16, read_through_a_view), PRECISION_F32);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_tensors),
        cmocka_unit_test(test_less_memory),
        cmocka_unit_test(test_steps_of_the_reference),
        cmocka_unit_test(test_steps_of_devices),
    };
    return cmocka_run_group_tests_name("narrow", tests, NULL, NULL);
}
