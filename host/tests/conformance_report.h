/* conformance_report.h: a report with something of everything, for the tests of what is made of it. */
#ifndef MNSP_TESTS_CONFORMANCE_REPORT_H
#define MNSP_TESTS_CONFORMANCE_REPORT_H

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "conformance/report.h"
#include "conformance/report_json.h"
#include "conformance_command.h"

#include <math.h>

static inline struct case_result passed_result(double ratio) {
    struct case_result result = {.outcome = OUTCOME_PASS, .device_seconds = 2e-3, .digest = 0x1234};
    result.comparison =
        (struct comparison){.elements = 100, .largest_ratio = ratio, .largest_ulp = 3, .mean_ulp = 0.5};
    result.comparison.histogram[0] = 60;
    result.comparison.histogram[1] = 30;
    result.comparison.histogram[2] = 10;
    result.comparison.worst_element = (struct compared_element){.tensor = "y",
                                                                .rank = 2,
                                                                .at = {4, 7},
                                                                .found = 0x3F800001,
                                                                .wanted = 0x3F800000,
                                                                .error = 1.2e-7,
                                                                .tolerance = 3e-7,
                                                                .ulp = 1};
    strcpy(result.comparison.worst, "y[4, 7]: found 1.00000012, expected 1");
    result.seconds[PHASE_COMPILE] = 0.25;
    return result;
}

static inline struct case_result bad_result(enum outcome outcome, const char *message) {
    struct case_result result = {.outcome = outcome};
    snprintf(result.message, sizeof result.message, "%s", message);
    return result;
}

static inline void add_result(struct report *report, const char *name, struct case_result result,
                              const char *output) {
    assert_int_equal(report_add(report, name, report->count, 1, &result, output), STATUS_OK);
    struct report_entry *const entry = &report->entries[report->count - 1];
    if (entry->command == NULL)
        assert_int_equal(memory_format(&entry->command, "mnsp-conformance --seed 1 --filter '%s'", name),
                         STATUS_OK);
}

static inline void begin_report(struct report *report, const char *driver) {
    *report = (struct report){.seed = 1, .rounds = 1, .seconds = 3.5, .complete = true};
    report->device =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:b}", "name", "Test <GPU> & Co", "driver",
                  driver, "driver_version", "25.0.7", "vendor_id", "0x1002", "device_id", "0x744c",
                  "api_version", "1.4.305", "type", "discrete", "subgroup_size", 64, "float16", 1);
    assert_non_null(report->device);
    assert_int_equal(memory_copy_text(&report->set, "standard"), STATUS_OK);
    assert_int_equal(memory_copy_text(&report->version, "1.2.3"), STATUS_OK);
    assert_int_equal(memory_copy_text(&report->started, "2026-06-15T12:00:00Z"), STATUS_OK);
}

/* One case of every outcome; messages with everything that has to be escaped. */
static inline void make_report(struct report *report, const char *folder) {
    static const char waivers[] =
        "{\"waivers\": [{\"case\": \"ema/*\", \"link\": \"https://example.org/7?a=1&b=2\", "
        "\"reason\": \"rounds <down>\"}, {\"case\": \"slice/*\", \"link\": "
        "\"https://example.org/8\", \"reason\": \"gone\", \"expires\": \"2020-01-01\"}]}";
    char path[128];
    begin_report(report, "radv Mesa 25.0.7");
    snprintf(path, sizeof path, "%s/known.json", folder);
    assert_int_equal(file_replace(path, waivers, sizeof waivers - 1), STATUS_OK);
    assert_int_equal(waivers_read(&report->waivers, path), STATUS_OK);
    struct case_result wrong = passed_result(40);
    wrong.outcome = OUTCOME_FAIL;
    wrong.comparison.failures = 2;
    wrong.comparison.worst_element.error = NAN;
    strcpy(wrong.message, "2 of 100 elements differ; worst y[4, 7] <b>\"quoted\"</b> & 'so' # \\ on");
    struct case_result warned = passed_result(0.75);
    warned.outcome = OUTCOME_QUALITY_WARNING;
    struct case_result waived = passed_result(3);
    waived.outcome = OUTCOME_FAIL;
    struct case_result alone = bad_result(OUTCOME_CRASH, "ended by signal 11; alone in a new process: Pass");
    alone.ran_alone = true;
    add_result(report, "add/count=1/real", passed_result(0.25), "");
    add_result(report, "add/count=9/real", wrong, "driver: <warning> & more\nsecond line");
    add_result(report, "gelu/count=1/real", warned, "");
    add_result(report, "gelu/count=7/real", alone, "assertion failed");
    add_result(report, "ema/count=1/real", waived, "");
    add_result(report, "scale/count=1/real", bad_result(OUTCOME_TIMEOUT, "no end"), "");
    add_result(report, "scale/count=2/real", bad_result(OUTCOME_DEVICE_LOST, "lost"), "");
    add_result(report, "scale/count=3/real", bad_result(OUTCOME_RESOURCE_ERROR, "memory"), "");
    add_result(report, "scale/count=4/real", bad_result(OUTCOME_INTERNAL_ERROR, "ours"), "");
    add_result(report, "scale/count=5/real", bad_result(OUTCOME_NOT_SUPPORTED, "needs float16"), "");
    struct report_entry *const entry = &report->entries[4];
    entry->waiver = waivers_find(&report->waivers, report->device, entry->name, OUTCOME_FAIL, "2026-06-15");
    assert_non_null(entry->waiver);
    entry->waived = OUTCOME_FAIL;
    entry->result.outcome = OUTCOME_WAIVER;
    waivers_judge(&report->waivers, report->device, "2026-06-15");
}

static inline void write_report(const struct report *report, const char *path) {
    struct buffer text = {0};
    assert_int_equal(report_json(&text, report), STATUS_OK);
    assert_int_equal(file_replace(path, text.bytes, text.used), STATUS_OK);
    free(text.bytes);
}

#endif
