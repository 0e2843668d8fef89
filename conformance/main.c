/* main.c: the conformance suite. Selects cases, makes each of them a cmocka test, and runs them. */
#include "base/memory.h"
#include "conformance/execute.h"
#include "conformance/options.h"

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

static void measure(const struct conformance_case *one, const struct comparison *comparison) {
    print_message("%s: %.3f of the bound, at most %llu ULP, %.3g on average; worst %s\n", one->name,
                  comparison->largest_ratio, (unsigned long long)comparison->largest_ulp,
                  comparison->mean_ulp, comparison->worst[0] ? comparison->worst : "exact");
}

static void test_case(void **state) {
    const struct test *const test = *state;
    const struct options *const options = &test->suite->options;
    struct case_result result;
    execute_case(&result, test->one,
                 &(struct execution){.device = test->suite->device, .seed = options->seed});
    if (options->measure)
        measure(test->one, &result.comparison);
    if (outcome_is_bad(result.outcome))
        fail_msg("%s: %s\nrepeat with: mnsp-conformance --device '%s' --seed %llu%s --filter '%s'",
                 outcome_name(result.outcome), result.message,
                 gpu_device_properties(test->suite->device)->name, (unsigned long long)options->seed,
                 options->validate ? " --validate" : "", test->one->name);
    if (result.message[0] != '\0')
        print_message("%s: %s: %s\n", test->one->name, outcome_name(result.outcome), result.message);
    if (result.outcome == OUTCOME_NOT_SUPPORTED)
        skip();
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
