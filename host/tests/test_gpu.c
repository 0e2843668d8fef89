/* Devices, memory and pipelines of the gpu room, on the machine's best device. */
#include "base/memory.h"
#include "gpu_fixture.h"

#include <unistd.h>

/* ---- devices ---- */

static void test_every_listed_device_is_described(void **state) {
    (void)state;
    struct gpu_properties *list;
    size_t count;
    const char *why;
    assert_ok(gpu_devices_list(&list, &count, &why));
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
    assert_ok(gpu_device_open(&device, part, &(struct gpu_options){0}));
    assert_string_equal(gpu_device_properties(device)->name, name);
    gpu_device_close(device);
    assert_ok(gpu_device_open(&device, "0", &(struct gpu_options){0}));
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
    assert_ok(memory_new(&data, LARGE, 1));
    assert_ok(memory_new(&back, LARGE, 1));
    for (size_t i = 0; i < LARGE; i++)
        data[i] = (unsigned char)(i * 2654435761u >> 24);
    struct gpu_buffer *buffer;
    assert_ok(gpu_buffer_create(device, &buffer, LARGE + 100, memory, "round trip"));
    assert_int_equal(gpu_buffer_bytes(buffer), LARGE + 100);
    assert_ok(gpu_buffer_write(buffer, 7, data, LARGE));
    assert_ok(gpu_buffer_read(buffer, 7, back, LARGE));
    assert_memory_equal(back, data, LARGE);

    assert_ok(gpu_buffer_fill(buffer, 64, 32, 0xA5A5A5A5u));
    assert_ok(gpu_buffer_read(buffer, 7, back, LARGE));
    memset(data + 64 - 7, 0xA5, 32);
    assert_memory_equal(back, data, LARGE);
    assert_ok(gpu_buffer_read(buffer, LARGE + 100, back, 0));
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
    assert_ok(gpu_buffer_create(device, &buffer, 0, GPU_MEMORY_DEVICE, "empty"));
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
    assert_ok(gpu_buffer_create(device, &buffer, 16, GPU_MEMORY_DEVICE, "after"));
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
        assert_ok(gpu_pipeline_get(device, &pipeline, &shader));
    end_device(device);
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

    assert_int_equal(status_set(STATUS_USAGE, "what went wrong before"), STATUS_USAGE);
    run_with_cache("/proc/nowhere"); /* cannot be written, and does not matter */
    assert_string_equal(status_message(), "what went wrong before");
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
        cmocka_unit_test(test_pipeline_cache_survives_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
