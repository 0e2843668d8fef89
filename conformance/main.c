/* main.c: the conformance suite. Selects cases, makes each of them a cmocka test, and runs them. */
#include "base/memory.h"
#include "conformance/compare.h"
#include "conformance/options.h"
#include "conformance/registry.h"
#include "conformance/run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EXIT_USAGE = 2 };

/* What all tests share. */
struct suite {
    struct options options;
    struct gpu_device *device;
};

struct test {
    const struct conformance_case *one;
    struct suite *suite;
};

/* ---- one case ---- */

enum outcome { PASSED, FAILED, NOT_SUPPORTED };

enum { VERDICT_TEXT = 2048 };

static enum outcome verdict_of_status(char verdict[VERDICT_TEXT], enum status status) {
    snprintf(verdict, VERDICT_TEXT, "%s", status_message());
    return status == STATUS_UNSUPPORTED ? NOT_SUPPORTED : FAILED;
}

static enum outcome judge(char verdict[VERDICT_TEXT], const struct comparison *comparison,
                          const struct run_result *result) {
    if (comparison->failures != 0)
        snprintf(verdict, VERDICT_TEXT, "%zu of %zu elements differ; worst %s%s%s", comparison->failures,
                 comparison->elements, comparison->worst, result->defect[0] ? "; " : "", result->defect);
    else if (result->defect[0] != '\0')
        snprintf(verdict, VERDICT_TEXT, "%s", result->defect);
    else
        return PASSED;
    return FAILED;
}

static enum outcome run_case(char verdict[VERDICT_TEXT], const struct test *test) {
    struct application application;
    struct run_result result = {0};
    enum outcome outcome;
    enum status status = application_create(&application, test->one, test->suite->options.seed);
    if (status == STATUS_OK)
        status = run_on_device(&result, &application, test->suite->device);
    if (status == STATUS_OK) {
        struct comparison comparison;
        application_apply_reference(&application);
        compare(&comparison, &application, result.outputs);
        outcome = judge(verdict, &comparison, &result);
        if (test->suite->options.measure)
            print_message("%s: %.3f of the tolerance, %llu ULP; worst %s\n", test->one->name,
                          comparison.largest_ratio, (unsigned long long)comparison.largest_ulp,
                          comparison.worst[0] ? comparison.worst : "exact");
    } else {
        outcome = verdict_of_status(verdict, status);
    }
    run_result_destroy(&result);
    application_destroy(&application);
    return outcome;
}

static void test_case(void **state) {
    const struct test *const test = *state;
    const struct options *const options = &test->suite->options;
    char verdict[VERDICT_TEXT];
    switch (run_case(verdict, test)) {
    case PASSED:
        return;
    case NOT_SUPPORTED:
        print_message("%s: not supported: %s\n", test->one->name, verdict);
        skip();
        return;
    case FAILED:
        fail_msg("%s\nrepeat with: mnsp-conformance --device '%s' --seed %llu%s --filter '%s'", verdict,
                 gpu_device_properties(test->suite->device)->name, (unsigned long long)options->seed,
                 options->validate ? " --validate" : "", test->one->name);
    }
}

/* ---- all of them ---- */

static enum status run_cases(int *failures, struct suite *suite, const struct conformance_case *cases,
                             size_t count) {
    struct test *tests = NULL;
    struct CMUnitTest *units = NULL;
    enum status status;
    TRY_GOTO(status, memory_new(&tests, count, sizeof *tests), end);
    TRY_GOTO(status, memory_new(&units, count, sizeof *units), end);
    for (size_t i = 0; i < count; i++) {
        tests[i] = (struct test){.one = &cases[i], .suite = suite};
        units[i] =
            (struct CMUnitTest){.name = cases[i].name, .test_func = test_case, .initial_state = &tests[i]};
    }
    *failures = _cmocka_run_group_tests("mnsp-conformance", units, count, NULL, NULL);
end:
    free(tests);
    free(units);
    return status;
}

static enum status run_suite(int *failures, struct suite *suite, const struct conformance_case *cases,
                             size_t count) {
    const struct gpu_options gpu_options = {.validate = suite->options.validate};
    TRY(gpu_device_open(&suite->device, suite->options.device, &gpu_options));
    const struct gpu_properties *const properties = gpu_device_properties(suite->device);
    fprintf(stderr, "# device %s, driver %s, seed %llu, %zu cases\n", properties->name, properties->driver,
            (unsigned long long)suite->options.seed, count);
    const enum status status = run_cases(failures, suite, cases, count);
    gpu_device_close(suite->device);
    return status;
}

static void set_format(const char *format) {
    if (strcmp(format, "tap") == 0)
        cmocka_set_message_output(CM_OUTPUT_TAP);
    else if (strcmp(format, "xml") == 0)
        cmocka_set_message_output(CM_OUTPUT_XML);
    else
        cmocka_set_message_output(CM_OUTPUT_STDOUT);
}

static enum status run(int *failures, int count, char **values) {
    struct suite suite = {0};
    struct conformance_case *cases;
    size_t case_count;
    TRY(options_parse(&suite.options, count, values));
    if (suite.options.help) {
        fputs(options_help, stdout);
        return STATUS_OK;
    }
    TRY(registry_cases(&cases, &case_count, suite.options.filter));
    enum status status = STATUS_OK;
    set_format(suite.options.format);
    if (case_count == 0)
        status = status_set(STATUS_USAGE, "--filter %s: no case has such a name; see --list",
                            suite.options.filter);
    else if (suite.options.list)
        for (size_t i = 0; i < case_count; i++)
            puts(cases[i].name);
    else
        status = run_suite(failures, &suite, cases, case_count);
    free(cases);
    return status;
}

int main(int count, char **values) {
    int failures = 0;
    const enum status status = run(&failures, count, values);
    if (status != STATUS_OK) {
        fprintf(stderr, "mnsp-conformance: %s\n", status_message());
        return status == STATUS_USAGE ? EXIT_USAGE : EXIT_FAILURE;
    }
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
