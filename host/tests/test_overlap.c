/* The host prepares a step while the device computes the one before: what is started runs in order on the
 * inputs that were written for it, results come one step late, and no wait leaves the device without work. */
#include "tiny_recogniser.h"

#include "gpu_fixture.h"
#include "graph/executor.h"
#include "graph/operators.h"

/* ---- a graph ---- */

enum { ELEMENTS = 1000, RUNS = 10 };

/* sum += x of each run; `latest` is twice that x. */
static void check_order(struct gpu_device *device) {
    struct graph *g;
    struct executor *executor;
    assert_ok(graph_create(&g));
    const struct tensor *const x = graph_input(g, "x", SHAPE(ELEMENTS)), *const part = graph_input_unsigned(
                                                                             g, "part", SHAPE(1));
    const struct tensor *const results[] = {graph_output(g, graph_accumulate(g, x, part, 1), "sum"),
                                            graph_output(g, graph_scale(g, x, 2), "latest")};
    assert_ok(graph_status(g));
    assert_ok(executor_create(&executor, g, device, false));
    float values[ELEMENTS], sum[ELEMENTS], latest[ELEMENTS];
    void *const data[] = {sum, latest};
    const uint64_t waits = device ? gpu_device_counts(device).waits_for_all : 0;
    for (uint32_t run = 0; run <= RUNS; run++) {
        if (run < RUNS) {
            for (size_t i = 0; i < ELEMENTS; i++)
                values[i] = (float)(run * 10 + i % 7);
            assert_ok(executor_write(executor, x, values));
            if (run < 2) /* what is not written stays as it was */
                assert_ok(executor_write(executor, part, &run));
            assert_ok(executor_start(executor, 0));
            assert_ok(executor_post(executor, run % 2, results, 2));
        }
        if (run == 0)
            continue;
        assert_ok(executor_collect(executor, (run - 1) % 2, data));
        for (size_t i = 0; i < ELEMENTS; i++) {
            const float past = (float)(10 * (run * (run - 1) / 2) + run * (i % 7));
            assert_true(sum[i] == past && latest[i] == (float)(2 * ((run - 1) * 10 + i % 7)));
        }
        if (device != NULL && run < RUNS)
            assert_int_equal(gpu_device_counts(device).waits_for_all, waits);
    }
    float back[ELEMENTS];
    values[0] = -5;
    assert_ok(executor_write(executor, x, values));
    assert_ok(executor_read(executor, x, back)); /* also what no run has seen yet */
    assert_memory_equal(back, values, sizeof back);
    assert_ok(executor_read(executor, results[0], back));
    assert_memory_equal(back, sum, sizeof back);
    executor_destroy(executor);
    graph_destroy(g);
}

static void what_is_started_runs_in_order(void **state) {
    (void)state;
    check_order(NULL);
    for (int unmapped = 0; unmapped < 2; unmapped++) {
        struct gpu_device *const device = need_device((struct gpu_options){.unmapped = unmapped});
        check_order(device);
        end_device(device);
    }
}

/* ---- a run ---- */

enum { STEPS = 14 };

struct watched {
    struct gpu_device *device;
    struct gpu_counts counts[STEPS + 1]; /* when step i was told of */
    struct train_result results[STEPS + 1];
};

static void take_progress(void *context, const struct train_progress *progress) {
    struct watched *const watched = context;
    watched->results[progress->step] = progress->result;
    if (watched->device != NULL)
        watched->counts[progress->step] = gpu_device_counts(watched->device);
}

static void train(struct watched *watched, const char *out, struct gpu_device *device,
                  int64_t checkpoint_every, int64_t parts) {
    struct settings settings = tiny_settings();
    const char *const data = in_folder("words");
    settings.steps = STEPS, settings.warmup_steps = 2, settings.log_every = 1;
    settings.picture_every = 0, settings.checkpoint_every = checkpoint_every, settings.accumulate = parts;
    *watched = (struct watched){.device = device};
    assert_ok(train_run(&settings, &(struct train_options){.data = &data,
                                                           .data_count = 1,
                                                           .out = in_folder(out),
                                                           .device = device,
                                                           .progress = take_progress,
                                                           .context = watched}));
}

/* The steps between are only those of a run without pauses: copy, forward and backward, per part; update;
 * results. */
static void no_step_leaves_the_device_idle(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    struct watched watched;
    for (int64_t parts = 1; parts <= 2; parts++) {
        train(&watched, parts == 1 ? "whole" : "parts", device, 0, parts);
        for (size_t step = 2; step < STEPS; step++) {
            const struct gpu_counts before = watched.counts[step - 1], after = watched.counts[step];
            assert_int_equal(after.waits_for_all, before.waits_for_all);
            assert_int_equal(after.submissions - before.submissions, 2 * parts + 2);
            if (parts == 1) /* for the result of the step before, and nothing else */
                assert_int_equal(after.waits - before.waits, 1);
        }
    }
    end_device(device);
}

/* With a checkpoint after each step, nothing overlaps. */
static void overlapped_steps_are_the_same(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    struct watched one, other;
    train(&one, "overlapped", device, 0, 1);
    train(&other, "apart", device, 1, 1);
    for (size_t step = 1; step <= STEPS; step++) {
        assert_true(one.results[step].loss > 0);
        assert_true(one.results[step].loss == other.results[step].loss);
        assert_true(one.results[step].norm == other.results[step].norm);
        if (step > 1)
            assert_true(other.counts[step].waits_for_all > other.counts[step - 1].waits_for_all);
    }
    end_device(device);
}

static int start(void **state) {
    if (make_test_folder(state) != 0)
        return 1;
    write_words(in_folder("words"));
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_started_runs_in_order),
        cmocka_unit_test(no_step_leaves_the_device_idle),
        cmocka_unit_test(overlapped_steps_are_the_same),
    };
    return cmocka_run_group_tests_name("overlap", tests, start, remove_test_folder);
}
