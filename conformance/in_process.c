#include "conformance/in_process.h"

#include "base/memory.h"
#include "conformance/execute.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What all tests share. */
struct suite {
    const struct options *options;
    struct gpu_device *device;
    bool spoiled; /* the device must be opened anew */
};

struct test {
    const struct conformance_case *one;
    struct suite *suite;
};

static enum status open_device(struct suite *suite) {
    const struct gpu_options gpu_options = {.validate = suite->options->validate};
    if (suite->device != NULL)
        gpu_device_close(suite->device);
    suite->device = NULL;
    suite->spoiled = false;
    return gpu_device_open(&suite->device, suite->options->device, &gpu_options);
}

/* ---- one case ---- */

static void measure(const struct conformance_case *one, const struct comparison *comparison) {
    print_message("%s: %.3f of the bound, at most %llu ULP, %.3g on average; worst %s\n", one->name,
                  comparison->largest_ratio, (unsigned long long)comparison->largest_ulp,
                  comparison->mean_ulp, comparison->worst[0] ? comparison->worst : "exact");
}

static void test_case(void **state) {
    const struct test *const test = *state;
    struct suite *const suite = test->suite;
    const struct options *const options = suite->options;
    if ((suite->spoiled || suite->device == NULL) && open_device(suite) != STATUS_OK)
        fail_msg("%s", status_message());
    struct case_result result;
    execute_case(
        &result, test->one,
        &(struct execution){.device = suite->device, .seed = options->selection.seed, .explain = true});
    suite->spoiled = execution_spoils_device(suite->device);
    if (options->measure)
        measure(test->one, &result.comparison);
    if (outcome_is_bad(result.outcome))
        fail_msg("%s: %s\nrepeat with: mnsp-conformance --device '%s' --set %s --seed %llu%s --filter '%s'",
                 outcome_name(result.outcome), result.message, gpu_device_properties(suite->device)->name,
                 set_name(options->selection.set), (unsigned long long)options->selection.seed,
                 options->validate ? " --validate" : "", test->one->name);
    if (result.message[0] != '\0')
        print_message("%s: %s: %s\n", test->one->name, outcome_name(result.outcome), result.message);
    if (result.outcome == OUTCOME_NOT_SUPPORTED)
        skip();
}

/* ---- all of them ---- */

static enum status run_cases(int *failures, struct suite *suite, const struct selection *selection) {
    struct test *tests = NULL;
    struct CMUnitTest *units = NULL;
    enum status status;
    TRY_GOTO(status, memory_new(&tests, selection->count, sizeof *tests), end);
    TRY_GOTO(status, memory_new(&units, selection->count, sizeof *units), end);
    for (size_t i = 0; i < selection->count; i++) {
        tests[i] = (struct test){.one = &selection->cases[i], .suite = suite};
        units[i] = (struct CMUnitTest){
            .name = selection->cases[i].name, .test_func = test_case, .initial_state = &tests[i]};
    }
    *failures = _cmocka_run_group_tests("mnsp-conformance", units, selection->count, NULL, NULL);
end:
    free(tests);
    free(units);
    return status;
}

static void set_format(const char *format) {
    if (format != NULL && strcmp(format, "tap") == 0)
        cmocka_set_message_output(CM_OUTPUT_TAP);
    else if (format != NULL && strcmp(format, "xml") == 0)
        cmocka_set_message_output(CM_OUTPUT_XML);
    else
        cmocka_set_message_output(CM_OUTPUT_STDOUT);
}

enum status in_process_run(int *failures, const struct options *options) {
    struct suite suite = {.options = options};
    struct selection selection;
    *failures = 0;
    TRY(selection_create(&selection, &options->selection));
    enum status status = open_device(&suite);
    if (status == STATUS_OK) {
        const struct gpu_properties *const properties = gpu_device_properties(suite.device);
        fprintf(stderr, "# device %s, driver %s, seed %llu, %zu cases\n", properties->name,
                properties->driver, (unsigned long long)options->selection.seed, selection.count);
        set_format(options->format);
        status = run_cases(failures, &suite, &selection);
        if (suite.device != NULL)
            gpu_device_close(suite.device);
    }
    selection_destroy(&selection);
    return status;
}
