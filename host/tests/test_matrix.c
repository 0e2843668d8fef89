/* Reports side by side: mnsp-conformance matrix. */
#include "statuses.h"

#include "base/file.h"
#include "conformance/compile.h"
#include "conformance/device_facts.h"
#include "conformance/matrix.h"
#include "conformance/report_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char path[] = "test_matrix.json";

static void write_file(const char *text) {
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void add(struct matrix *matrix, const char *text) {
    write_file(text);
    assert_ok(matrix_read(matrix, path));
}

/* ---- a run ---- */

static void add_result(struct report *report, const char *name, enum outcome outcome, double ratio,
                       const char *message) {
    struct case_result result = {.outcome = outcome};
    result.comparison.elements = 8;
    result.comparison.largest_ratio = ratio;
    snprintf(result.message, sizeof result.message, "%s", message);
    assert_ok(report_add(report, name, report->count, 1, &result, ""));
}

static char *run_text(const char *device, double ratio) {
    struct gpu_properties properties = {.api_version = 1u << 22 | 3u << 12, .type = GPU_TYPE_CPU};
    snprintf(properties.name, sizeof properties.name, "%s", device);
    snprintf(properties.driver, sizeof properties.driver, "%s Mesa 25.0.7", device);
    struct report report = {.device = device_facts(&properties), .seed = 1, .rounds = 1, .complete = true};
    report.set = strdup("smoke");
    report.version = strdup("0");
    report.started = strdup("2025-01-31T13:45:00Z");
    report.note = strdup("");
    add_result(&report, "add/count=1/integer", OUTCOME_PASS, 0, "");
    add_result(&report, "gelu/count=1/real", ratio > 1 ? OUTCOME_FAIL : OUTCOME_PASS, ratio, "1 of 8 differ");
    add_result(&report, "ema/count=1/real", OUTCOME_NOT_SUPPORTED, 0, "too large");
    add_result(&report, "ema/count=2/real", OUTCOME_NOT_SUPPORTED, 0, "too large");
    struct buffer text = {0};
    assert_ok(report_json(&text, &report));
    assert_ok(buffer_status(&text));
    report_destroy(&report);
    return text.bytes;
}

static void test_runs_stand_side_by_side(void **state) {
    (void)state;
    struct matrix matrix = {0};
    struct buffer text = {0};
    char *const good = run_text("llvmpipe", 0.25), *const poor = run_text("SwiftShader", 3);
    add(&matrix, good);
    add(&matrix, poor);
    assert_ok(matrix_write(&text, &matrix));
    assert_non_null(strstr(text.bytes, "| llvmpipe | llvmpipe Mesa 25.0.7 | 1.3.0 | 2025-01-31T13:45:00Z, "
                                       "smoke seed 1 | 4 | 2 | 0 | 0 | 2 | 0 | 0.250 |"));
    assert_non_null(strstr(text.bytes, "| gelu | 0.250 | 3.000 |"));
    assert_non_null(strstr(text.bytes, "| add | exact | exact |"));
    assert_non_null(strstr(text.bytes, "**Fail** on SwiftShader 25.0.7: `gelu/count=1/real`: 1 of 8 differ"));
    assert_non_null(strstr(text.bytes, "2 not supported on llvmpipe 25.0.7: too large"));
    assert_null(strstr(text.bytes, "1 not supported"));
    free(text.bytes);
    free(good);
    free(poor);
    matrix_destroy(&matrix);
}

/* ---- a compiler ---- */

static char *compiler_text(const char *gpu, int spilled, const char *error) {
    char *text;
    assert_true(
        asprintf(&text,
                 "{\"format\": \"%s\", \"device\": {\"name\": \"Null hardware (RADV %s)\", \"driver\": "
                 "\"radv\"}, \"failed\": 0, \"spilling\": 1, \"forgiven\": 0, \"pipelines\": ["
                 "{\"name\": \"gelu/count=1\", \"use\": \"mae\", \"default\": true, \"error\": \"%s\","
                 "\"vector_registers\": 96, \"subgroups\": 10, \"spilled\": %d},"
                 "{\"name\": \"gelu/count=2\", \"use\": \"mae\", \"default\": true, \"error\": \"\","
                 "\"vector_registers\": 12, \"subgroups\": 4, \"spilled\": 0},"
                 "{\"name\": \"gelu/count=3\", \"use\": \"case\", \"default\": false, \"error\": \"\","
                 "\"vector_registers\": 256, \"subgroups\": 1, \"spilled\": 0}]}",
                 COMPILE_FORMAT, gpu, error, spilled) > 0);
    return text;
}

static void test_compilers_stand_side_by_side(void **state) {
    (void)state;
    struct matrix matrix = {0};
    struct buffer text = {0};
    char *const one = compiler_text("NAVI31", 7, ""), *const other = compiler_text("VEGA10", 0, "no memory");
    add(&matrix, one);
    add(&matrix, other);
    assert_ok(matrix_write(&text, &matrix));
    assert_non_null(strstr(text.bytes, "| NAVI31 | radv | 2 | 1 | 0 | 1 | 96 | 4 | - |"));
    assert_non_null(strstr(text.bytes, "| gelu | 96 / 4 | 96 / 4 |"));
    assert_non_null(strstr(text.bytes, "- **`gelu/count=1`** (mae): NAVI31 7 registers, VEGA10 no memory\n"));
    assert_null(strstr(text.bytes, "`gelu/count=2`"));
    free(text.bytes);
    free(one);
    free(other);
    matrix_destroy(&matrix);
}

/* ---- what is no report ---- */

static void test_other_files_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{}",
        "{\"format\": 3}",
        "{\"format\": \"mnsp-conformance-report 9\"}",
        "{\"format\": \"" COMPILE_FORMAT "\"}",
        "{\"format\": \"" COMPILE_FORMAT
        "\", \"device\": {\"name\": \"a\", \"driver\": \"b\"}, \"failed\": 0, "
        "\"spilling\": 0, \"pipelines\": [{\"name\": \"x\"}]}",
    };
    struct matrix matrix = {0};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        write_file(texts[i]);
        assert_int_equal(matrix_read(&matrix, path), STATUS_INVALID);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(matrix_read(&matrix, path), STATUS_INVALID);
    assert_int_equal(matrix.run_count + matrix.compiler_count, 0);
    matrix_destroy(&matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_stand_side_by_side),
        cmocka_unit_test(test_compilers_stand_side_by_side),
        cmocka_unit_test(test_other_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
