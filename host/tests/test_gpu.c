/* The gpu room on the machine's best device: memory, pipelines, recordings, barriers, errors. Runs with the
 * validation layer where it is installed, and is skipped where there is no device. */
#include "base/memory.h"
#include "gpu/gpu.h"
#include "shader_mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { COUNT = 1000, BYTES = COUNT * 4 };

/* Asserts success and shows the message otherwise. */
#define OK(expression)                                                                                       \
    do {                                                                                                     \
        if ((expression) != STATUS_OK)                                                                       \
            fail_msg("%s: %s", #expression, status_message());                                               \
    } while (0)

static enum status open_device(struct gpu_device **device, struct gpu_options options) {
    options.validate = true;
    const enum status status = gpu_device_open(device, NULL, &options);
    if (status != STATUS_UNSUPPORTED)
        return status;
    print_message("without validation: %s\n", status_message());
    options.validate = false;
    return gpu_device_open(device, NULL, &options);
}

/* Opens the device of a test, or skips the test. */
static struct gpu_device *need_device(struct gpu_options options) {
    struct gpu_properties *list;
    size_t count;
    const char *why;
    OK(gpu_devices_list(&list, &count, &why));
    free(list);
    if (count == 0) {
        print_message("skipped: %s\n", why);
        skip();
    }
    struct gpu_device *device;
    OK(open_device(&device, options));
    return device;
}

/* Closes it; whatever a test did, the validation layer had nothing to say. */
static void end_device(struct gpu_device *device) {
    assert_string_equal(gpu_device_validation_first(device), "");
    assert_int_equal(gpu_device_validation_count(device), 0);
    gpu_device_close(device);
}

static struct gpu_shader mix_shader(uint32_t factor) {
    return (struct gpu_shader){.name = "mix",
                               .code = shader_mix,
                               .code_bytes = sizeof shader_mix,
                               .binding_count = 2,
                               .push_words = 2,
                               .constant_count = 2,
                               .constants = {factor, 64}};
}

static struct gpu_pipeline *mix_pipeline(struct gpu_device *device, uint32_t factor) {
    struct gpu_pipeline *pipeline;
    const struct gpu_shader shader = mix_shader(factor);
    OK(gpu_pipeline_get(device, &pipeline, &shader));
    return pipeline;
}

/* target = target * factor + (source rotated by shift) */
static struct gpu_dispatch mix(struct gpu_pipeline *pipeline, struct gpu_buffer *source,
                               struct gpu_buffer *target, uint32_t shift) {
    return (struct gpu_dispatch){.pipeline = pipeline,
                                 .bindings = {{source, 0, BYTES, false}, {target, 0, BYTES, true}},
                                 .push = {COUNT, shift},
                                 .groups = {(COUNT + 63) / 64, 1, 1},
                                 .label = "mix"};
}

static void host_mix(uint32_t factor, const uint32_t *source, uint32_t *target, uint32_t shift) {
    for (uint32_t i = 0; i < COUNT; i++)
        target[i] = target[i] * factor + source[(i + shift) % COUNT];
}

static struct gpu_buffer *filled_buffer(struct gpu_device *device, uint32_t word) {
    struct gpu_buffer *buffer;
    OK(gpu_buffer_create(device, &buffer, BYTES, GPU_MEMORY_DEVICE, "test"));
    OK(gpu_buffer_fill(buffer, 0, BYTES, word));
    return buffer;
}

/* ---- devices ---- */

static void test_every_listed_device_is_described(void **state) {
    (void)state;
    struct gpu_properties *list;
    size_t count;
    const char *why;
    OK(gpu_devices_list(&list, &count, &why));
    assert_non_null(why);
    assert_int_equal(count == 0, why[0] != '\0');
    for (size_t i = 0; i < count; i++) {
        assert_true(list[i].name[0] != '\0');
        if (list[i].missing[0] != '\0')
            continue;
        assert_true(list[i].max_invocations >= 256);
        assert_true(list[i].memory_bytes > 0);
        assert_true(list[i].max_allocation >= UINT64_C(1) << 30);
        assert_true(list[i].driver[0] != '\0');
    }
    free(list);
}

static void test_device_is_opened_by_number_and_name(void **state) {
    (void)state;
    struct gpu_device *first = need_device((struct gpu_options){0});
    char name[256];
    snprintf(name, sizeof name, "%s", gpu_device_properties(first)->name);
    end_device(first);

    char part[6] = "";
    for (size_t i = 0; i + 1 < sizeof part && name[i] != '\0'; i++)
        part[i] = (char)(name[i] >= 'a' && name[i] <= 'z' ? name[i] - 'a' + 'A' : name[i]);
    struct gpu_device *device;
    OK(gpu_device_open(&device, part, &(struct gpu_options){0}));
    assert_string_equal(gpu_device_properties(device)->name, name);
    gpu_device_close(device);
    OK(gpu_device_open(&device, "0", &(struct gpu_options){0}));
    gpu_device_close(device);
}

static void test_unknown_device_is_refused_with_a_list(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    char name[256];
    snprintf(name, sizeof name, "%s", gpu_device_properties(device)->name);
    end_device(device);
    assert_int_equal(gpu_device_open(&device, "no such thing", &(struct gpu_options){0}), STATUS_USAGE);
    assert_null(device);
    assert_non_null(strstr(status_message(), "no such thing"));
    assert_non_null(strstr(status_message(), name));
    assert_int_equal(gpu_device_open(&device, "4294967297", &(struct gpu_options){0}), STATUS_USAGE);
}

/* ---- memory ---- */

/* More than one staging buffer holds, from and to offsets that are aligned to nothing. */
static void check_round_trip(struct gpu_device *device, enum gpu_memory memory) {
    enum { LARGE = (20 << 20) + 13 };
    unsigned char *data, *back;
    OK(memory_new(&data, LARGE, 1));
    OK(memory_new(&back, LARGE, 1));
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (unsigned char)(i * 2654435761u >> 24);
    struct gpu_buffer *buffer;
    OK(gpu_buffer_create(device, &buffer, LARGE + 100, memory, "round trip"));
    assert_int_equal(gpu_buffer_bytes(buffer), LARGE + 100);
    OK(gpu_buffer_write(buffer, 7, data, LARGE));
    OK(gpu_buffer_read(buffer, 7, back, LARGE));
    assert_memory_equal(back, data, LARGE);

    OK(gpu_buffer_fill(buffer, 64, 32, 0xA5A5A5A5u));
    OK(gpu_buffer_read(buffer, 7, back, LARGE));
    memset(data + 64 - 7, 0xA5, 32);
    assert_memory_equal(back, data, LARGE);
    OK(gpu_buffer_read(buffer, LARGE + 100, back, 0));
    gpu_buffer_destroy(buffer);
    free(data);
    free(back);
}

static void test_buffers_keep_what_is_written(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    check_round_trip(device, GPU_MEMORY_DEVICE);
    check_round_trip(device, GPU_MEMORY_HOST);
    end_device(device);
    device = need_device((struct gpu_options){.unmapped = true});
    check_round_trip(device, GPU_MEMORY_DEVICE);
    end_device(device);
}

static void test_wrong_spans_are_refused(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_buffer *buffer;
    uint32_t word = 0;
    OK(gpu_buffer_create(device, &buffer, 0, GPU_MEMORY_DEVICE, "empty"));
    assert_int_equal(gpu_buffer_bytes(buffer), 4);
    assert_int_equal(gpu_buffer_write(buffer, 1, &word, 4), STATUS_INTERNAL);
    assert_int_equal(gpu_buffer_read(buffer, UINT64_MAX, &word, 4), STATUS_INTERNAL);
    assert_int_equal(gpu_buffer_fill(buffer, 0, 3, 0), STATUS_INTERNAL);
    gpu_buffer_destroy(buffer);
    end_device(device);
}

static void test_too_much_memory_is_refused_with_figures(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    const struct gpu_properties *const properties = gpu_device_properties(device);
    struct gpu_buffer *buffer;
    assert_int_equal(
        gpu_buffer_create(device, &buffer, properties->max_allocation + 1, GPU_MEMORY_DEVICE, "giant"),
        STATUS_UNSUPPORTED);
    assert_null(buffer);
    assert_non_null(strstr(status_message(), "giant"));

    /* A CPU device's memory costs nothing until it is touched; a GPU's would be taken from others. */
    if (properties->type == GPU_TYPE_CPU) {
        enum { MOST = 4096 };
        struct gpu_buffer *buffers[MOST];
        const uint64_t bytes = properties->max_allocation / 2 < properties->memory_bytes / 2
                                   ? properties->max_allocation / 2
                                   : properties->memory_bytes / 2;
        size_t count = 0;
        enum status status = STATUS_OK;
        while (count < MOST && (status = gpu_buffer_create(device, &buffers[count], bytes, GPU_MEMORY_DEVICE,
                                                           "part")) == STATUS_OK)
            count++;
        assert_int_equal(status, STATUS_MEMORY);
        assert_non_null(strstr(status_message(), "'part' needs"));
        assert_non_null(strstr(status_message(), "MiB are free"));
        for (size_t i = 0; i < count; i++)
            gpu_buffer_destroy(buffers[i]);
    }
    OK(gpu_buffer_create(device, &buffer, 16, GPU_MEMORY_DEVICE, "after"));
    gpu_buffer_destroy(buffer);
    end_device(device);
}

/* ---- pipelines ---- */

static void test_same_shader_gives_same_pipeline(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    assert_ptr_equal(mix_pipeline(device, 3), pipeline);
    assert_ptr_not_equal(mix_pipeline(device, 5), pipeline);
    end_device(device);
}

static void test_wrong_shaders_are_refused(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_pipeline *pipeline;
    struct gpu_shader shader = mix_shader(1);
    shader.code_bytes = 8;
    assert_int_equal(gpu_pipeline_get(device, &pipeline, &shader), STATUS_INTERNAL);
    assert_null(pipeline);
    shader = mix_shader(1);
    shader.subgroup_size = 1024;
    assert_int_equal(gpu_pipeline_get(device, &pipeline, &shader), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "mix"));
    end_device(device);
}

static void test_subgroup_size_can_be_required(void **state) {
    (void)state;
    struct gpu_device *device = need_device((struct gpu_options){0});
    struct gpu_shader shader = mix_shader(1);
    struct gpu_pipeline *pipeline;
    shader.subgroup_size = gpu_device_properties(device)->subgroup_max;
    if (shader.subgroup_size > 0)
        OK(gpu_pipeline_get(device, &pipeline, &shader));
    end_device(device);
}

/* ---- recordings ---- */

/* Every dispatch reads what the one before wrote and writes what it read. */
static void check_chain(struct gpu_device *device) {
    enum { STEPS = 20, RUNS = 10 };
    uint32_t a[COUNT], b[COUNT], back[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        a[i] = i * 7 + 1;
    memset(b, 0, sizeof b);
    struct gpu_buffer *buffers[2] = {filled_buffer(device, 9), filled_buffer(device, 0)};
    OK(gpu_buffer_write(buffers[0], 0, a, sizeof a));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    struct gpu_recording *recording;
    OK(gpu_recording_create(device, &recording, "chain", false));
    for (uint32_t i = 0; i < STEPS; i++) {
        const struct gpu_dispatch dispatch = mix(pipeline, buffers[i % 2], buffers[1 - i % 2], i + 1);
        OK(gpu_record_dispatch(recording, &dispatch));
    }
    OK(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_count(recording), STEPS);
    assert_int_equal(gpu_recording_barriers(recording), STEPS - 1);
    assert_int_equal(gpu_recording_submissions(recording), 1);
    for (int run = 0; run < RUNS; run++) {
        OK(gpu_recording_run(recording));
        for (uint32_t i = 0; i < STEPS; i++)
            host_mix(3, i % 2 ? b : a, i % 2 ? a : b, i + 1);
        OK(gpu_buffer_read(buffers[0], 0, back, sizeof back));
        assert_memory_equal(back, a, sizeof a);
        OK(gpu_buffer_read(buffers[1], 0, back, sizeof back));
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
    OK(gpu_device_open(&second, NULL, &(struct gpu_options){0}));
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
    OK(gpu_recording_create(device, &recording, "repeat", false));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 5);
    for (uint32_t i = 0; i < 6; i++) {
        const struct gpu_dispatch dispatch = mix(pipeline, i % 2 ? b : a, i % 2 ? a : b, i);
        OK(gpu_record_dispatch(recording, &dispatch));
    }
    OK(gpu_recording_finish(recording));
    uint32_t first[COUNT], back[COUNT];
    for (int run = 0; run < 50; run++) {
        OK(gpu_buffer_fill(a, 0, BYTES, 1));
        OK(gpu_buffer_fill(b, 0, BYTES, 2));
        OK(gpu_recording_run(recording));
        OK(gpu_buffer_read(b, 0, run == 0 ? first : back, BYTES));
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
    OK(gpu_recording_create(device, &recording, "barriers", false));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    for (size_t i = 0; i < count; i++) {
        const struct gpu_dispatch dispatch = mix(pipeline, buffers[pairs[i][0]], buffers[pairs[i][1]], 1);
        OK(gpu_record_dispatch(recording, &dispatch));
    }
    OK(gpu_recording_finish(recording));
    OK(gpu_recording_run(recording));
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
    OK(gpu_buffer_create(device, &target, 8192, GPU_MEMORY_DEVICE, "halves"));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    const uint64_t offsets[] = {0, 4096, 2048};
    const size_t barriers[] = {0, 0, 1};
    struct gpu_recording *recording;
    OK(gpu_recording_create(device, &recording, "ranges", false));
    for (size_t i = 0; i < 3; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, source, target, 0);
        dispatch.bindings[1].offset = offsets[i];
        OK(gpu_record_dispatch(recording, &dispatch));
        assert_int_equal(gpu_recording_barriers(recording), barriers[i]);
    }
    OK(gpu_recording_finish(recording));
    OK(gpu_recording_run(recording));
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
    OK(gpu_recording_create(device, &recording, "split", true));
    uint32_t x[COUNT], y[COUNT], back[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        x[i] = 1, y[i] = 2;
    for (uint32_t i = 0; i < 8; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, i % 2 ? b : a, i % 2 ? a : b, i);
        dispatch.work = i < 4 ? 1e30 : 1; /* four that go alone, then four together */
        OK(gpu_record_dispatch(recording, &dispatch));
        host_mix(3, i % 2 ? y : x, i % 2 ? x : y, i);
    }
    OK(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_submissions(recording), 5);
    OK(gpu_recording_run(recording));
    OK(gpu_buffer_read(a, 0, back, BYTES));
    assert_memory_equal(back, x, BYTES);
    OK(gpu_buffer_read(b, 0, back, BYTES));
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
    OK(gpu_recording_create(device, &recording, "timed", true));
    uint32_t x[COUNT], y[COUNT], back[COUNT];
    for (uint32_t i = 0; i < COUNT; i++)
        x[i] = 1, y[i] = 2;
    for (uint32_t i = 0; i < STEPS; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, i % 2 ? b : a, i % 2 ? a : b, i);
        if (i % 100 == 50)
            dispatch.groups[1] = 0;
        else
            host_mix(3, i % 2 ? y : x, i % 2 ? x : y, i);
        OK(gpu_record_dispatch(recording, &dispatch));
    }
    OK(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_count(recording), STEPS);
    OK(gpu_recording_run(recording));
    OK(gpu_buffer_read(b, 0, back, BYTES));
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
    OK(gpu_recording_create(device, &recording, "wrong", false));
    struct gpu_dispatch dispatch = mix(mix_pipeline(device, 3), a, b, 0);
    assert_int_equal(gpu_recording_run(recording), STATUS_INTERNAL);
    dispatch.bindings[1].bytes = BYTES + 4;
    assert_int_equal(gpu_record_dispatch(recording, &dispatch), STATUS_INTERNAL);
    assert_non_null(strstr(status_message(), "mix"));
    dispatch.bindings[1] = (struct gpu_binding){b, 1, 4, true};
    assert_int_equal(gpu_record_dispatch(recording, &dispatch), STATUS_INTERNAL);
    OK(gpu_recording_finish(recording));
    assert_int_equal(gpu_record_dispatch(recording, &dispatch), STATUS_INTERNAL);
    OK(gpu_recording_run(recording)); /* of nothing */
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
    OK(gpu_recording_create(device, &recording, "race", false));
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    for (int i = 0; i < 2; i++) {
        struct gpu_dispatch dispatch = mix(pipeline, i ? b : a, i ? a : b, 1);
        dispatch.bindings[1].written = false;
        OK(gpu_record_dispatch(recording, &dispatch));
    }
    OK(gpu_recording_finish(recording));
    assert_int_equal(gpu_recording_run(recording), STATUS_DEVICE);
    assert_non_null(strstr(status_message(), "SYNC-HAZARD"));
    assert_true(gpu_device_validation_count(device) > 0);
    gpu_recording_destroy(recording);
    gpu_buffer_destroy(a);
    gpu_buffer_destroy(b);
    gpu_device_close(device);
}

/* ---- the pipeline cache ---- */

/* The path of the one file in a folder. */
static void only_file(const char *folder, char *path, size_t size) {
    char command[300];
    snprintf(command, sizeof command, "ls -d %s/*", folder);
    FILE *const list = popen(command, "r");
    assert_non_null(list);
    assert_non_null(fgets(path, (int)size, list));
    path[strcspn(path, "\n")] = '\0';
    char more[8];
    assert_null(fgets(more, sizeof more, list));
    pclose(list);
}

static void run_with_cache(const char *folder) {
    struct gpu_device *device = need_device((struct gpu_options){.cache_directory = folder});
    mix_pipeline(device, 77);
    end_device(device);
}

static void test_pipeline_cache_survives_damage(void **state) {
    (void)state;
    end_device(need_device((struct gpu_options){0}));
    char parent[] = "/tmp/test_gpu.XXXXXX";
    assert_non_null(mkdtemp(parent));
    char folder[64], path[512];
    snprintf(folder, sizeof folder, "%s/cache", parent);
    run_with_cache(folder);
    only_file(folder, path, sizeof path);
    run_with_cache(folder);

    assert_int_equal(truncate(path, 20), 0);
    run_with_cache(folder);
    FILE *const file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    const int last = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_END), 0);
    assert_int_equal(fputc(last ^ 0xFF, file), last ^ 0xFF);
    assert_int_equal(fclose(file), 0);
    run_with_cache(folder);

    only_file(folder, path, sizeof path); /* and no temporary file is left */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(rmdir(parent), 0);
    run_with_cache("/proc/nowhere"); /* cannot be written, and does not matter */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_listed_device_is_described),
        cmocka_unit_test(test_device_is_opened_by_number_and_name),
        cmocka_unit_test(test_unknown_device_is_refused_with_a_list),
        cmocka_unit_test(test_buffers_keep_what_is_written),
        cmocka_unit_test(test_wrong_spans_are_refused),
        cmocka_unit_test(test_too_much_memory_is_refused_with_figures),
        cmocka_unit_test(test_same_shader_gives_same_pipeline),
        cmocka_unit_test(test_wrong_shaders_are_refused),
        cmocka_unit_test(test_subgroup_size_can_be_required),
        cmocka_unit_test(test_chain_of_dispatches_runs_in_order),
        cmocka_unit_test(test_two_devices_are_open_at_once),
        cmocka_unit_test(test_run_repeats_bit_for_bit),
        cmocka_unit_test(test_barriers_follow_the_data),
        cmocka_unit_test(test_barriers_know_ranges),
        cmocka_unit_test(test_large_work_is_split),
        cmocka_unit_test(test_long_recording_is_timed),
        cmocka_unit_test(test_wrong_use_of_recordings_is_refused),
        cmocka_unit_test(test_validation_sees_a_missing_barrier),
        cmocka_unit_test(test_pipeline_cache_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
