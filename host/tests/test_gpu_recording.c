/* Recordings of the gpu room on the machine's best device: results, barriers, submissions, times. */
#include "gpu_fixture.h"

/* Every dispatch reads what the one before wrote and writes what it read. */
static void check_chain(struct gpu_device *device) {
    enum { STEPS = 20, RUNS = 10 };
    uint32_t a[COUNT], b[COUNT], back[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        a[i] = i * 7 + 1;
    memset(b, 0, sizeof b);
    struct gpu_buffer *buffers[2] = {filled_buffer(device, 9), filled_buffer(device, 0)};
    assert_ok(gpu_buffer_write(buffers[0], 0, a, sizeof a));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "chain", false));
    for (uint32_t i = 0; i < STEPS; i++) {
        const struct gpu_dispatch dispatch = mix(pipeline, buffers[i % 2], buffers[1 - i % 2], i + 1);
        assert_ok(gpu_record_dispatch(recording, &dispatch));
    }
    assert_ok(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_count(recording), STEPS);
    assert_int_equal(gpu_recording_barriers(recording), STEPS - 1);
    assert_int_equal(gpu_recording_submissions(recording), 1);
    for (int run = 0; run < RUNS; run++) {
        assert_ok(gpu_recording_run(recording));
        for (uint32_t i = 0; i < STEPS; i++)
            host_mix(3, i % 2 ? b : a, i % 2 ? a : b, i + 1);
        assert_ok(gpu_buffer_read(buffers[0], 0, back, sizeof back));
        assert_memory_equal(back, a, sizeof a);
        assert_ok(gpu_buffer_read(buffers[1], 0, back, sizeof back));
        assert_memory_equal(back, b, sizeof b);
    }
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(buffers[0]);
    gpu_buffer_destroy(buffers[1]);
}

static void test_chain_of_dispatches_runs_in_order(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    check_chain(device);
    end_device(device);
    device = need_device((struct gpu_options){.unmapped = true});
    check_chain(device);
    end_device(device);
}

/* Each has an instance and a messenger of its own. */
static void test_two_devices_are_open_at_once(void **state) {
    (void)state;
    struct gpu_device *first = need_device((struct gpu_options){0});
    struct gpu_device *second;
    assert_ok(gpu_device_open(&second, NULL, &(struct gpu_options){0}));
    check_chain(second);
    check_chain(first);
    gpu_device_close(second);
    check_chain(first);
    end_device(first);
}

static void test_run_repeats_bit_for_bit(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){.unmapped = true});
    struct gpu_buffer *const a = filled_buffer(device, 1), *const b = filled_buffer(device, 2);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "repeat", false));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 5);
    for (uint32_t i = 0; i < 6; i++) {
        const struct gpu_dispatch dispatch = mix(pipeline, i % 2 ? b : a, i % 2 ? a : b, i);
        assert_ok(gpu_record_dispatch(recording, &dispatch));
    }
    assert_ok(gpu_recording_finish(recording));
    uint32_t first[COUNT], back[COUNT];
    for (int run = 0; run < 50; run++) {
        assert_ok(gpu_buffer_fill(a, 0, BYTES, 1));
        assert_ok(gpu_buffer_fill(b, 0, BYTES, 2));
        assert_ok(gpu_recording_run(recording));
        assert_ok(gpu_buffer_read(b, 0, run == 0 ? first : back, BYTES));
        if (run > 0)
            assert_memory_equal(back, first, BYTES);
    }
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(a);
    gpu_buffer_destroy(b);
    end_device(device);
}

/* Barriers that a sequence of (source, target) pairs gets, over four buffers. */
static size_t count_barriers(struct gpu_device *device, const int (*pairs)[2], size_t count) {
    struct gpu_buffer *buffers[4];
    for (size_t i = 0; i < 4; i++)
        buffers[i] = filled_buffer(device, (uint32_t)i);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "barriers", false));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    for (size_t i = 0; i < count; i++) {
        const struct gpu_dispatch dispatch = mix(pipeline, buffers[pairs[i][0]], buffers[pairs[i][1]], 1);
        assert_ok(gpu_record_dispatch(recording, &dispatch));
    }
    assert_ok(gpu_recording_finish(recording));
    assert_ok(gpu_recording_run(recording));
    const size_t barriers = gpu_recording_barriers(recording);
    gpu_recording_destroy(recording);
    for (size_t i = 0; i < 4; i++)
        gpu_buffer_destroy(buffers[i]);
    return barriers;
}

static void test_barriers_follow_the_data(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    const int shared_reads[][2] = {{0, 1}, {0, 2}, {0, 3}};
    assert_int_equal(count_barriers(device, shared_reads, 3), 0);
    const int read_after_write[][2] = {{0, 1}, {1, 2}};
    assert_int_equal(count_barriers(device, read_after_write, 2), 1);
    const int write_after_read[][2] = {{0, 1}, {2, 0}};
    assert_int_equal(count_barriers(device, write_after_read, 2), 1);
    const int write_after_write[][2] = {{0, 1}, {2, 1}};
    assert_int_equal(count_barriers(device, write_after_write, 2), 1);
    const int one_barrier_clears_all[][2] = {{0, 1}, {0, 2}, {1, 3}, {2, 0}};
    assert_int_equal(count_barriers(device, one_barrier_clears_all, 4), 1);
    end_device(device);
}

/* Two halves of one buffer are two things, unless they overlap. */
static void test_barriers_know_ranges(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_buffer *const source = filled_buffer(device, 1);
    struct gpu_buffer *target;
    assert_ok(gpu_buffer_create(device, &target, 8192, GPU_MEMORY_DEVICE, "halves"));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    const uint64_t offsets[] = {0, 4096, 2048};
    const size_t barriers[] = {0, 0, 1};
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "ranges", false));
    for (size_t i = 0; i < 3; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, source, target, 0);
        dispatch.bindings[1].offset = offsets[i];
        assert_ok(gpu_record_dispatch(recording, &dispatch));
        assert_int_equal(gpu_recording_barriers(recording), barriers[i]);
    }
    assert_ok(gpu_recording_finish(recording));
    assert_ok(gpu_recording_run(recording));
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(source);
    gpu_buffer_destroy(target);
    end_device(device);
}

static void test_large_work_is_split(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_buffer *const a = filled_buffer(device, 1), *const b = filled_buffer(device, 2);
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "split", true));
    uint32_t x[COUNT], y[COUNT], back[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        x[i] = 1, y[i] = 2;
    for (uint32_t i = 0; i < 8; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, i % 2 ? b : a, i % 2 ? a : b, i);
        dispatch.work = i < 4 ? 1e30 : 1; /* four of which each workgroup goes alone, then four together */
        assert_ok(gpu_record_dispatch(recording, &dispatch));
        host_mix(3, i % 2 ? y : x, i % 2 ? x : y, i);
    }
    assert_ok(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_submissions(recording), 4 * ((COUNT + 63) / 64) + 1);
    assert_ok(gpu_recording_run(recording));
    assert_ok(gpu_buffer_read(a, 0, back, BYTES));
    assert_memory_equal(back, x, BYTES);
    assert_ok(gpu_buffer_read(b, 0, back, BYTES));
    assert_memory_equal(back, y, BYTES);
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(a);
    gpu_buffer_destroy(b);
    end_device(device);
}

/* More dispatches than one pool of descriptors or time stamps holds. */
static void test_long_recording_is_timed(void **state) {
    (void)state;
    enum { STEPS = 700 };
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_buffer *const a = filled_buffer(device, 1), *const b = filled_buffer(device, 2);
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "timed", true));
    uint32_t x[COUNT], y[COUNT], back[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        x[i] = 1, y[i] = 2;
    for (uint32_t i = 0; i < STEPS; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, i % 2 ? b : a, i % 2 ? a : b, i);
        if (i % 100 == 50)
            dispatch.groups[1] = 0;
        else
            host_mix(3, i % 2 ? y : x, i % 2 ? x : y, i);
        assert_ok(gpu_record_dispatch(recording, &dispatch));
    }
    assert_ok(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_count(recording), STEPS);
    assert_ok(gpu_recording_run(recording));
    assert_ok(gpu_buffer_read(b, 0, back, BYTES));
    assert_memory_equal(back, y, BYTES);
    double sum = 0;
    for (uint32_t i = 0; i < STEPS; i++) {
        const double nanoseconds = gpu_recording_nanoseconds(recording, i);
        assert_true(nanoseconds >= 0 && nanoseconds < 60e9);
        if (i % 100 == 50)
            assert_true(nanoseconds == 0);
        sum += nanoseconds;
    }
    assert_int_equal(sum > 0, gpu_device_properties(device)->timestamps);
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(a);
    gpu_buffer_destroy(b);
    end_device(device);
}

static void test_wrong_use_of_recordings_is_refused(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_buffer *const a = filled_buffer(device, 1), *const b = filled_buffer(device, 2);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "wrong", false));
    struct gpu_dispatch dispatch = mix(mix_pipeline(device, 3), a, b, 0);
    assert_int_equal(gpu_recording_run(recording), STATUS_INTERNAL);
    dispatch.bindings[1].bytes = BYTES + 4;
    assert_int_equal(gpu_record_dispatch(recording, &dispatch), STATUS_INTERNAL);
    assert_non_null(strstr(status_message(), "mix"));
    dispatch.bindings[1] = (struct gpu_binding){b, 1, 4, true};
    assert_int_equal(gpu_record_dispatch(recording, &dispatch), STATUS_INTERNAL);
    assert_ok(gpu_recording_finish(recording));
    assert_int_equal(gpu_record_dispatch(recording, &dispatch), STATUS_INTERNAL);
    assert_ok(gpu_recording_run(recording)); /* of nothing */
    assert_int_equal(gpu_recording_submissions(recording), 0);
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(a);
    gpu_buffer_destroy(b);
    end_device(device);
}

/* The validation layer really watches: a write that is kept from the recording gets no barrier. */
static void test_validation_sees_a_missing_barrier(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    gpu_device_close(device);
    if (gpu_device_open(&device, NULL, &(struct gpu_options){.validate = true}) != STATUS_OK) {
        print_message("skipped: %s\n", status_message());
        skip();
    }
    struct gpu_buffer *const a = filled_buffer(device, 1), *const b = filled_buffer(device, 2);
    struct gpu_recording *recording;
    assert_ok(gpu_recording_create(device, &recording, "race", false));
    struct gpu_shader shader = mix_shader(3);
    shader.name = "move", shader.code = shader_move, shader.code_bytes = sizeof shader_move;
    struct gpu_pipeline *pipeline;
    assert_ok(gpu_pipeline_get(device, &pipeline, &shader));
    for (int i = 0; i < 2; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, i ? b : a, i ? a : b, 1);
        dispatch.bindings[1].written = false;
        assert_ok(gpu_record_dispatch(recording, &dispatch));
    }
    assert_ok(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_run(recording), STATUS_DEVICE);
    assert_non_null(strstr(status_message(), "SYNC-HAZARD"));
    assert_true(gpu_device_validation_count(device) > 0);
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(a);
    gpu_buffer_destroy(b);
    gpu_device_close(device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_of_dispatches_runs_in_order),
        cmocka_unit_test(test_two_devices_are_open_at_once),
        cmocka_unit_test(test_run_repeats_bit_for_bit),
        cmocka_unit_test(test_barriers_follow_the_data),
        cmocka_unit_test(test_barriers_know_ranges),
        cmocka_unit_test(test_large_work_is_split),
        cmocka_unit_test(test_long_recording_is_timed),
        cmocka_unit_test(test_wrong_use_of_recordings_is_refused),
        cmocka_unit_test(test_validation_sees_a_missing_barrier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
