/* The compile column: which pipelines are looked at, how a driver's statistics are read, and devices that are
 * opened for compiling only. */
#include "conformance/compile.h"
#include "conformance/options.h"
#include "gpu_fixture.h"

#include <getopt.h>

/* ---- statistics ---- */

static void test_statistics_are_translated(void **state) {
    (void)state;
    const struct gpu_statistics radv = {.count = 8,
                                        .values = {{"SGPRs", 128},
                                                   {"VGPRs", 96},
                                                   {"Spilled SGPRs", 3},
                                                   {"Spilled VGPRs", 60},
                                                   {"Pre-Sched VGPRs", 77},
                                                   {"LDS size", 4608},
                                                   {"Code size", 2640},
                                                   {"Subgroups per SIMD", 10}}};
    const struct resources resources = compile_resources(&radv);
    assert_int_equal(resources.scalar_registers, 128);
    assert_int_equal(resources.vector_registers, 96);
    assert_int_equal(resources.spilled, 63);
    assert_int_equal(resources.shared_bytes, 4608);
    assert_int_equal(resources.code_bytes, 2640);
    assert_int_equal(resources.subgroups, 10);
    assert_true(resources.scratch_bytes < 0);
}

/* ---- which pipelines ---- */

static const struct gpu_properties card = {
    .name = "card",
    .type = GPU_TYPE_DISCRETE,
    .max_invocations = 1024,
    .max_shared_bytes = 32768,
    .max_push_bytes = 128,
    .max_groups = {65535, 65535, 65535},
    .max_storage_range = UINT64_C(1) << 32,
    .max_allocation = UINT64_C(1) << 32,
    .subgroup_size = 64,
    .subgroup_quad = true,
    .subgroup_arithmetic = true,
    .int64 = true,
};

static bool has(const struct needed_pipeline *list, size_t count, const char *operator) {
    const size_t length = strlen(operator);
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i].name, operator, length) == 0 &&
            (list[i].name[length] == '/' || list[i].name[length] == '\0'))
            return true;
    return false;
}

static void test_every_operator_has_pipelines(void **state) {
    (void)state;
    struct needed_pipeline *list;
    size_t count, standard = 0;
    assert_ok(pipelines_collect(&list, &count, &card));
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++)
        if (!has(list, count, operator_info(id)->name))
            fail_msg("no pipeline of %s", operator_info(id)->name);
    for (; standard < count && list[standard].is_default; standard++)
        assert_null(strchr(list[standard].name, '@'));
    assert_true(has(list, standard, "matmul") && has(list, standard, "attention_backward_key_value"));
    assert_false(has(list, standard, "softmax_backward")); /* no model has it */
    for (size_t i = standard; i < count; i++)
        assert_false(list[i].is_default);
    for (size_t i = 1; i < count; i++)
        assert_string_not_equal(list[i].name, list[i - 1].name);
    free(list);
}

/* ---- devices for compiling only ---- */

static void test_compile_only_compiles_and_runs_nothing(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){.compile_only = true});
    struct compile_report report;
    FILE *const nowhere = fopen("/dev/null", "w");
    assert_non_null(nowhere);
    assert_ok(compile_all(&report, device, "add/*", nowhere));
    assert_true(report.count > 0);
    assert_int_equal(report.failed, 0);
    assert_string_equal(report.list[0].error, "");
    json_t *json;
    assert_ok(compile_to_json(&json, &report));
    assert_int_equal(json_array_size(json_object_get(json, "pipelines")), report.count);
    json_decref(json);
    compile_report_destroy(&report);
    assert_int_equal(compile_all(&report, device, "nothing/*", nowhere), STATUS_USAGE);
    compile_report_destroy(&report);
    fclose(nowhere);

    struct gpu_buffer *buffer;
    assert_int_equal(gpu_buffer_create(device, &buffer, 4, GPU_MEMORY_DEVICE, "none"), STATUS_UNSUPPORTED);
    struct gpu_recording *recording;
    assert_int_equal(gpu_recording_create(device, &recording, "none", false), STATUS_UNSUPPORTED);
    end_device(device);
}

static void test_statistics_need_a_device_for_compiling(void **state) {
    (void)state;
    struct gpu_device *const device = need_device((struct gpu_options){0});
    struct gpu_pipeline *const pipeline = mix_pipeline(device, 3);
    struct gpu_statistics statistics;
    assert_int_equal(gpu_pipeline_statistics(device, &statistics, pipeline), STATUS_UNSUPPORTED);
    end_device(device);
}

/* ---- the command ---- */

static void test_compile_takes_few_options(void **state) {
    (void)state;
    static char program[] = "mnsp-conformance", compile[] = "--compile", json[] = "--json", file[] = "r.json";
    static char list[] = "--list", limit[] = "--compile-limit", seconds[] = "7";
    char *good[] = {program, compile, json, file, NULL}, *bad[] = {program, compile, list, NULL};
    char *other[] = {program, limit, seconds, NULL};
    struct options options;
    optind = 0;
    assert_ok(options_parse(&options, 4, good));
    assert_true(options.compile);
    optind = 0;
    assert_int_equal(options_parse(&options, 3, bad), STATUS_USAGE);
    optind = 0;
    assert_ok(options_parse(&options, 3, other));
    assert_false(options.compile);
    assert_true(options.limits.compile == 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics_are_translated),
        cmocka_unit_test(test_every_operator_has_pipelines),
        cmocka_unit_test(test_compile_only_compiles_and_runs_nothing),
        cmocka_unit_test(test_statistics_need_a_device_for_compiling),
        cmocka_unit_test(test_compile_takes_few_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
