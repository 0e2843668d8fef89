/* The runner of the conformance suite, on a device: whatever a driver does to a case costs that case alone,
 * is called by its name, and can be repeated. Defects are put in with --inject. */
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "conformance/outcome.h"
#include "conformance_command.h"
#include "json_schema.h"

enum { OUTPUT = 1 << 16 };

static char output[OUTPUT];

/* Runs the suite with a JSON report, which is held against its schema. */
static int run_suite(json_t **report, const char *folder, const char *arguments) {
    char path[128], problem[SCHEMA_TEXT];
    snprintf(path, sizeof path, "%s/report.json", folder);
    unlink(path);
    const int status =
        run_shell(output, sizeof output, "'%s' --json '%s' %s", MNSP_CONFORMANCE, path, arguments);
    if (json_read_file(report, path, 1 << 26) != STATUS_OK)
        fail_msg("%s: %s\n%s", arguments, status_message(), output);
    json_t *schema;
    assert_int_equal(
        json_read_file(&schema, SOURCE_DIRECTORY "/spec/conformance-report.schema.json", 1 << 20), STATUS_OK);
    if (!schema_accepts(problem, schema, *report))
        fail_msg("%s: %s", arguments, problem);
    json_decref(schema);
    return status;
}

static json_t *find_case(const json_t *report, const char *name) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(report, "cases"), i, one) {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
            return one;
    }
    fail_msg("the report has no case %s", name);
    return NULL;
}

static const char *text_of(const json_t *object, const char *key) {
    const char *const text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "";
}

static json_int_t summary_of(const json_t *report, enum outcome outcome) {
    return json_integer_value(json_object_get(json_object_get(report, "summary"), outcome_name(outcome)));
}

/* ---- what a driver may do ---- */

/* One case of add's integers each; every other case passes. */
static void test_every_defect_has_its_outcome(void **state) {
    need_vulkan();
    static const struct {
        const char *kind, *sizes, *outcome, *message;
    } cases[] = {
        {"crash", "count=1", "Crash", "signal 11"},
        {"exit", "count=255", "Crash", "exit status 3"},
        {"hang", "count=257", "Timeout", "no end after 5 s while running a dispatch; see --dispatch-limit"},
        {"lost", "count=98688", "DeviceLost", "injected: lost"},
        {"garbage", "count=100003", "InternalError", "answer is damaged"},
    };
    json_t *report;
    char arguments[1024] = "--filter 'add/*er' --workers 2 --dispatch-limit 5";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t used = strlen(arguments);
        snprintf(arguments + used, sizeof arguments - used, " --inject '%s=add/%s/integer'", cases[i].kind,
                 cases[i].sizes);
    }
    assert_int_equal(run_suite(&report, *state, arguments), 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "add/%s/integer", cases[i].sizes);
        const json_t *const one = find_case(report, name);
        if (strcmp(text_of(one, "outcome"), cases[i].outcome) != 0 ||
            strstr(text_of(one, "message"), cases[i].message) == NULL)
            fail_msg("%s: %s: %s", cases[i].kind, text_of(one, "outcome"), text_of(one, "message"));
        assert_non_null(strstr(output, text_of(one, "command")));
    }
    assert_true(json_is_true(json_object_get(report, "complete")));
    json_decref(report);
}

static void test_milder_outcomes(void **state) {
    need_vulkan();
    json_t *report;
    assert_int_equal(run_suite(&report, *state,
                               "--filter 'scale/*' --set smoke --inject 'warn=scale/count=1,*' --inject "
                               "'unsupported=scale/count=255*/real'"),
                     0);
    assert_int_equal(summary_of(report, OUTCOME_QUALITY_WARNING), 2);
    assert_int_equal(summary_of(report, OUTCOME_NOT_SUPPORTED), 1);
    json_decref(report);
    assert_int_equal(
        run_suite(&report, *state,
                  "--filter 'scale/*' --set smoke --inject 'memory=scale/count=1,*/real' --inject "
                  "'fail=scale/count=1,*/integer'"),
        1);
    assert_int_equal(summary_of(report, OUTCOME_RESOURCE_ERROR), 1);
    assert_int_equal(summary_of(report, OUTCOME_FAIL), 1);
    json_decref(report);
}

static void test_a_hanging_compiler_is_stopped(void **state) {
    need_vulkan();
    json_t *report;
    assert_int_equal(
        run_suite(&report, *state,
                  "--filter 'add/count=1/*' --compile-limit 4 --inject 'hang-compile=*/integer'"),
        1);
    const json_t *const one = find_case(report, "add/count=1/integer");
    assert_string_equal(text_of(one, "outcome"), "Timeout");
    assert_non_null(strstr(text_of(one, "message"), "while compiling a pipeline; see --compile-limit"));
    assert_true(json_real_value(json_object_get(json_object_get(one, "seconds"), "compile")) >= 3.9);
    assert_string_equal(text_of(find_case(report, "add/count=1/real"), "outcome"), "Pass");
    json_decref(report);
}

/* A driver that stumbles over what it did earlier: the case passes in a process of its own. */
static void test_bad_cases_are_run_again_alone(void **state) {
    need_vulkan();
    json_t *report;
    assert_int_equal(
        run_suite(&report, *state, "--filter 'add/*/real' --workers 1 --inject 'crash-late=add/count=257/*'"),
        1);
    const json_t *const one = find_case(report, "add/count=257/real");
    assert_string_equal(text_of(one, "outcome"), "Crash");
    assert_string_equal(text_of(one, "alone"), "Pass");
    assert_non_null(strstr(text_of(one, "message"), "depends on what ran before it"));
    assert_int_equal(summary_of(report, OUTCOME_CRASH), 1);
    json_decref(report);
}

/* 1 MB of warnings, some of them no text, neither block the worker nor spoil the report. */
static void test_noise_is_kept_from_the_report(void **state) {
    need_vulkan();
    json_t *report;
    assert_int_equal(run_suite(&report, *state, "--filter 'add/count=1/real' --inject 'noise=*'"), 0);
    const char *const printed = text_of(find_case(report, "add/count=1/real"), "output");
    assert_non_null(strstr(printed, "warning number 19999"));
    assert_true(strlen(printed) <= 4096);
    assert_null(strchr(printed, '\x1b'));
    json_decref(report);
}

/* ---- repeating ---- */

/* The command of a failure, run by a shell, fails alike. */
static void test_the_command_repeats_the_failure(void **state) {
    need_vulkan();
    json_t *report;
    assert_int_equal(
        run_suite(&report, *state,
                  "--set full --seed 7 --repeat 2 --filter 'add/*/real' --inject 'fail=add/count=9868*'"),
        1);
    const json_t *const one = find_case(report, "add/count=98688/real");
    assert_int_equal(json_integer_value(json_object_get(one, "rounds")), 2);
    const char *const command = text_of(one, "command");
    assert_int_equal(strncmp(command, "mnsp-conformance --device '", 27), 0);
    assert_non_null(strstr(command, "--set full --seed 7 --filter 'add/count=98688/real'"));
    const int status = run_shell(output, sizeof output, "'%s' %s --inject 'fail=add/count=9868*'",
                                 MNSP_CONFORMANCE, command + strlen("mnsp-conformance"));
    assert_int_equal(status, 1);
    assert_non_null(strstr(output, "Fail add/count=98688/real"));
    assert_non_null(strstr(output, "1 cases in"));
    json_decref(report);
}

static void test_the_same_seed_gives_the_same_bits(void **state) {
    need_vulkan();
    json_t *first, *second, *other;
    assert_int_equal(run_suite(&first, *state, "--filter 'softmax/rows=37*/real' --seed 5"), 0);
    assert_int_equal(run_suite(&second, *state, "--filter 'softmax/rows=37*/real' --seed 5 --workers 2"), 0);
    assert_int_equal(run_suite(&other, *state, "--filter 'softmax/rows=37*/real' --seed 6"), 0);
    const char *const name = "softmax/rows=37,width=7/real";
    const char *const digest = text_of(find_case(first, name), "digest");
    assert_int_equal(strlen(digest), 16);
    assert_string_equal(text_of(find_case(second, name), "digest"), digest);
    assert_string_not_equal(text_of(find_case(other, name), "digest"), digest);
    json_decref(first);
    json_decref(second);
    json_decref(other);
}

static void test_soaking_ends(void **state) {
    need_vulkan();
    json_t *report;
    assert_int_equal(run_suite(&report, *state, "--filter 'add/count=1/real' --soak 0.03"), 0);
    const json_t *const selection = json_object_get(report, "selection");
    assert_true(json_integer_value(json_object_get(selection, "rounds")) > 1);
    assert_int_equal(json_array_size(json_object_get(report, "cases")), 1);
    json_decref(report);
}

static void test_an_interrupt_keeps_what_is_done(void **state) {
    need_vulkan();
    char path[128];
    json_t *report;
    snprintf(path, sizeof path, "%s/interrupted.json", (const char *)*state);
    const int status = run_shell(
        output, sizeof output,
        "'%s' --filter 'add/*' --workers 1 --inject 'hang=add/count=257/real' --json '%s' >'%s.log' & "
        "until grep -qs '^set' '%s.log'; do sleep 0.1; done; sleep 1; kill -INT $!; wait $!",
        MNSP_CONFORMANCE, path, path, path);
    assert_int_equal(status, 1);
    assert_int_equal(json_read_file(&report, path, 1 << 26), STATUS_OK);
    assert_true(json_is_false(json_object_get(report, "complete")));
    assert_string_equal(text_of(report, "note"), "interrupted");
    json_decref(report);
}

/* ---- measuring and waiving ---- */

static void test_every_case_is_measured(void **state) {
    need_vulkan();
    json_t *report, *one;
    size_t i;
    assert_int_equal(run_suite(&report, *state, "--set smoke --filter 'matmul/*'"), 0);
    json_array_foreach(json_object_get(report, "cases"), i, one) {
        const json_t *const error = json_object_get(one, "error");
        const bool empty = strstr(text_of(one, "name"), "m=0") != NULL ||
                           strstr(text_of(one, "name"), "n=0") != NULL ||
                           strstr(text_of(one, "name"), "batch=0") != NULL;
        assert_int_equal(error == NULL, empty);
        if (empty)
            continue;
        const json_int_t elements = json_integer_value(json_object_get(error, "elements"));
        json_int_t sum = 0;
        size_t bucket;
        json_t *count;
        json_array_foreach(json_object_get(error, "histogram"), bucket, count) {
            sum += json_integer_value(count);
        }
        assert_true(elements > 0);
        /* Where a product with infinities or NaN may come out either way, it has no distance, and
         * is in no bucket. */
        if (text_ends_with(text_of(one, "name"), "/nan"))
            assert_in_range(sum, 1, elements);
        else
            assert_int_equal(sum, elements);
        const bool exact = json_integer_value(json_object_get(error, "largest_ulp")) == 0;
        const json_t *const worst = json_object_get(error, "worst");
        assert_int_equal(json_is_null(worst), exact);
        if (!exact)
            assert_int_equal(json_array_size(json_object_get(worst, "at")), 3);
    }
    json_decref(report);
}

static void test_waivers(void **state) {
    need_vulkan();
    static const char text[] =
        "{\"waivers\": [{\"case\": \"add/count=1/*\", \"link\": \"https://example.org/1\", \"reason\": "
        "\"known\"},"
        "{\"case\": \"scale/*\", \"link\": \"https://example.org/2\", \"reason\": \"mended\"},"
        "{\"case\": \"gelu/*\", \"link\": \"https://example.org/3\", \"reason\": \"old\", \"expires\": "
        "\"2020-01-01\"}]}";
    char path[128], arguments[512];
    json_t *report;
    snprintf(path, sizeof path, "%s/waivers.json", (const char *)*state);
    assert_int_equal(file_replace(path, text, sizeof text - 1), STATUS_OK);
    snprintf(arguments, sizeof arguments,
             "--set smoke --filter '[as][dc]*/count=[12]*' --inject 'fail=add/count=1/real' --waivers '%s'",
             path);
    assert_int_equal(run_suite(&report, *state, arguments), 0);
    const json_t *const one = find_case(report, "add/count=1/real");
    assert_string_equal(text_of(one, "outcome"), "Waiver");
    assert_string_equal(text_of(json_object_get(one, "waived"), "outcome"), "Fail");
    assert_string_equal(text_of(json_object_get(one, "waived"), "link"), "https://example.org/1");
    assert_non_null(strstr(output, "waiver 2 (scale/*) is not needed"));
    assert_non_null(strstr(output, "waiver 3 (gelu/*) expired on 2020-01-01"));
    json_decref(report);
    strcat(arguments, " --no-waivers");
    assert_int_equal(run_suite(&report, *state, arguments), 1);
    json_decref(report);
}

/* ---- what is asked wrongly ---- */

static void test_usage(void **state) {
    char broken[128];
    snprintf(broken, sizeof broken, "%s/broken.json", (const char *)*state);
    assert_int_equal(file_replace(broken, "{\"waivers\": 1}", 14), STATUS_OK);
    static const struct {
        const char *arguments, *message;
    } cases[] = {
        {"--set large", "take smoke, standard or full"},
        {"--filter ''", "the pattern is empty"},
        {"--filter 'add[*'", "has no ']'"},
        {"--filter 'no such case'", "no case has such a name in the set standard"},
        {"--fraction 0/4", "--fraction 0/4"},
        {"--fraction 5/4", "--fraction 5/4"},
        {"--fraction 1", "give I/N"},
        {"--fraction -1/4", "give I/N"},
        {"--repeat 0", "--repeat 0"},
        {"--repeat x", "--repeat x"},
        {"--soak 0", "--soak 0"},
        {"--soak nan", "--soak nan"},
        {"--soak 1 --repeat 2", "exclude each other"},
        {"--workers 65", "--workers 65: take 1 to 64"},
        {"--compile-limit -1", "--compile-limit -1"},
        {"--inject explode=*", "no defect 'explode'"},
        {"--inject crash", "KIND=GLOB"},
        {"--inject 'crash=a['", "has no ']'"},
        {"--in-process --json a.json", "--in-process takes no reports"},
        {"--format tap", "--format is for --in-process"},
        {"--json ''", "the file's name is empty"},
        {"--json /nonexistent/a.json", "the report cannot be written: /nonexistent/a.json"},
        {"--html /tmp", "the report cannot be written: /tmp"},
        {"--waivers /nonexistent/w.json", "/nonexistent/w.json"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int status = run_shell(output, sizeof output, "'%s' %s", MNSP_CONFORMANCE, cases[i].arguments);
        if (status != 2 || strstr(output, cases[i].message) == NULL)
            fail_msg("%s: exit status %d: %s", cases[i].arguments, status, output);
    }
    assert_int_equal(run_shell(output, sizeof output, "'%s' --waivers '%s'", MNSP_CONFORMANCE, broken), 2);
    assert_non_null(strstr(output, "broken.json: key 'waivers' is an integer, expected an array"));
}

static void test_missing_devices(void **state) {
    (void)state;
    assert_int_equal(run_shell(output, sizeof output,
                               "VK_DRIVER_FILES=/none VK_ICD_FILENAMES=/none '%s' --set smoke",
                               MNSP_CONFORMANCE),
                     2);
    assert_non_null(strstr(output, "no Vulkan device"));
    need_vulkan();
    assert_int_equal(run_shell(output, sizeof output, "'%s' --device 'no such device'", MNSP_CONFORMANCE), 2);
    assert_non_null(strstr(output, "no Vulkan device 'no such device'; choose"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_defect_has_its_outcome),
        cmocka_unit_test(test_milder_outcomes),
        cmocka_unit_test(test_a_hanging_compiler_is_stopped),
        cmocka_unit_test(test_bad_cases_are_run_again_alone),
        cmocka_unit_test(test_noise_is_kept_from_the_report),
        cmocka_unit_test(test_the_command_repeats_the_failure),
        cmocka_unit_test(test_the_same_seed_gives_the_same_bits),
        cmocka_unit_test(test_soaking_ends),
        cmocka_unit_test(test_an_interrupt_keeps_what_is_done),
        cmocka_unit_test(test_every_case_is_measured),
        cmocka_unit_test(test_waivers),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_missing_devices),
    };
    return cmocka_run_group_tests(tests, make_folder, end_folder);
}
