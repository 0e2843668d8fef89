#include "conformance/mutants_run.h"

#include "base/memory.h"
#include "conformance/mutants.h"

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct suite {
    struct gpu_device *device;
    uint64_t seed;
};

struct test {
    char name[CASE_NAME];
    const struct mutant *mutant;
    const struct suite *suite;
};

static void name_mutant(char out[CASE_NAME], const struct mutant *mutant) {
    snprintf(out, CASE_NAME, "%s/%s", operator_info(mutant->id)->name, mutant->name);
}

/* `number` counts those that the filter leaves. */
static bool is_wanted(const char *name, const struct selection_options *options, size_t *number) {
    return (options->filter == NULL || fnmatch(options->filter, name, 0) == 0) &&
           selection_has(options, (*number)++);
}

/* Sets the reason in status_message() when it cannot be expected on this device. */
static enum status can_be_noticed(const struct mutant *mutant, const struct gpu_device *device) {
    if (mutant->survives != NULL)
        return status_set(STATUS_UNSUPPORTED, "%s", mutant->survives);
    if (mutant->needs == NULL)
        return STATUS_OK;
    struct variant variant;
    char name[VARIANT_TEXT] = "", precision_text[8] = "f32";
    enum precision precision;
    if (sscanf(mutant->needs, "%63s %7s", name, precision_text) < 1 ||
        !precision_by_name(&precision, precision_text))
        return status_set(STATUS_INVALID, "'%s' is not what a mutant can need", mutant->needs);
    TRY(variant_by_name(&variant, name));
    return variant_require(&variant, precision, gpu_device_properties(device));
}

static void test_mutant(void **state) {
    const struct test *const test = *state;
    struct mutant_trial trial;
    if (mutant_try(&trial, test->mutant, test->suite->device, test->suite->seed) != STATUS_OK)
        fail_msg("%s", status_message());
    if (trial.is_killed) {
        print_message("%s: noticed by %s\n", test->name, trial.by);
    } else if (can_be_noticed(test->mutant, test->suite->device) == STATUS_UNSUPPORTED) {
        print_message("%s: not noticed: %s\n", test->name, status_message());
        skip();
    } else {
        fail_msg("none of %zu cases notices it: %s", trial.cases, test->mutant->why);
    }
}

static enum status collect(struct test **out, size_t *count, const struct suite *suite,
                           const struct selection_options *options) {
    size_t all, number = 0;
    const struct mutant *const *const mutants = mutants_list(&all);
    *count = 0;
    TRY(memory_new(out, all, sizeof **out));
    for (size_t i = 0; i < all; i++) {
        struct test *const test = &(*out)[*count];
        *test = (struct test){.mutant = mutants[i], .suite = suite};
        name_mutant(test->name, mutants[i]);
        *count += is_wanted(test->name, options, &number);
    }
    if (number == 0)
        return status_set(STATUS_USAGE, "--filter %s: no mutant has such a name; see --mutants --list",
                          options->filter);
    return STATUS_OK;
}

static enum status run_trials(int *failures, struct test *tests, size_t count) {
    struct CMUnitTest *units;
    TRY(memory_new(&units, count, sizeof *units));
    for (size_t i = 0; i < count; i++)
        units[i] =
            (struct CMUnitTest){.name = tests[i].name, .test_func = test_mutant, .initial_state = &tests[i]};
    *failures = _cmocka_run_group_tests("mutants", units, count, NULL, NULL);
    free(units);
    return STATUS_OK;
}

enum status mutants_run(int *failures, const struct options *options) {
    struct suite suite = {.seed = options->selection.seed};
    struct test *tests = NULL;
    size_t count;
    enum status status = collect(&tests, &count, &suite, &options->selection);
    if (status == STATUS_OK)
        status = gpu_device_open(&suite.device, options->device, &(struct gpu_options){0});
    if (status == STATUS_OK) {
        const struct gpu_properties *const properties = gpu_device_properties(suite.device);
        fprintf(stderr, "# device %s, driver %s, seed %llu, %zu mutants\n", properties->name,
                properties->driver, (unsigned long long)suite.seed, count);
        status = run_trials(failures, tests, count);
        gpu_device_close(suite.device);
    }
    free(tests);
    return status;
}

void mutants_print(const struct selection_options *options) {
    size_t count, number = 0;
    const struct mutant *const *const mutants = mutants_list(&count);
    for (size_t i = 0; i < count; i++) {
        char name[CASE_NAME];
        name_mutant(name, mutants[i]);
        if (is_wanted(name, options, &number))
            printf("%s: %s\n", name, mutants[i]->why);
    }
}
