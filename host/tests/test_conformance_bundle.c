/* Bundles: what mnsp-conformance --bundle writes must build with its one line, run, and tell a wrong result
 * from a right one. A mutant (conformance/mutants.h) stands for a driver that computes wrongly. */
#include "statuses.h"

#include "amber_script.h"
#include "base/file.h"
#include "conformance/bundle.h"
#include "conformance/selection.h"
#include "conformance/steps.h"
#include "find_mutant.h"

#include <jansson.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_SIZE = 16384, FILE_LIMIT = 1 << 26 };

struct fixture {
    char folder[64], bundle[96]; /* the second in the first, and not there at first */
    struct gpu_device *device;
    struct selection selection;
};

static int set_up(void **state) {
    static struct fixture fixture;
    struct gpu_properties *list;
    size_t count;
    const char *why;
    strcpy(fixture.folder, "/tmp/test_bundle.XXXXXX");
    assert_ok(gpu_devices_list(&list, &count, &why));
    free(list);
    fixture.device = NULL;
    if (count > 0)
        assert_ok(gpu_device_open(&fixture.device, NULL, &(struct gpu_options){0}));
    assert_ok(selection_create(&fixture.selection, &(struct selection_options){.set = SET_STANDARD}));
    *state = &fixture;
    if (mkdtemp(fixture.folder) == NULL)
        return -1;
    snprintf(fixture.bundle, sizeof fixture.bundle, "%s/bundle", fixture.folder);
    return 0;
}

/* Runs a command in the fixture's folder; its output, and its exit status. */
static int run(char output[TEXT_SIZE], const struct fixture *fixture, const char *command) {
    char line[2048];
    snprintf(line, sizeof line, "cd '%s' && (%s) 2>&1", fixture->folder, command);
    FILE *const pipe = popen(line, "r");
    assert_non_null(pipe);
    output[fread(output, 1, TEXT_SIZE - 1, pipe)] = '\0';
    const int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int tear_down(void **state) {
    struct fixture *const fixture = *state;
    char output[TEXT_SIZE];
    if (fixture->device != NULL)
        gpu_device_close(fixture->device);
    selection_destroy(&fixture->selection);
    run(output, fixture, "rm -rf bundle");
    return rmdir(fixture->folder);
}

static void need_device(const struct fixture *fixture) {
    if (fixture->device == NULL)
        skip();
}

static const struct conformance_case *find(const struct fixture *fixture, const char *name) {
    const struct conformance_case *const one = selection_find(&fixture->selection, name);
    if (one == NULL)
        fail_msg("there is no case %s", name);
    return one;
}

static enum status bundle(const struct fixture *fixture, const struct conformance_case *one) {
    return bundle_write(fixture->bundle, one, &(struct execution){.device = fixture->device, .seed = 1});
}

/* The one line, with every warning. */
static void build(const struct fixture *fixture) {
    char output[TEXT_SIZE];
    if (run(output, fixture,
            "cd bundle && ${CC:-cc} -std=c11 -Wall -Wextra -Wshadow -Werror -o reproduce reproduce.c "
            "-lvulkan") != 0)
        fail_msg("reproduce.c does not build: %s", output);
}

static int reproduce(char output[TEXT_SIZE], const struct fixture *fixture) {
    return run(output, fixture, "cd bundle && ./reproduce");
}

static char *read_file(const struct fixture *fixture, const char *name, size_t *size) {
    char path[160], *bytes;
    snprintf(path, sizeof path, "%s/%s", fixture->bundle, name);
    assert_ok(file_read(&bytes, size, path, FILE_LIMIT));
    return bytes;
}

/* ---- the program ---- */

/* Also: the Amber script. */
static void check_case(const struct fixture *fixture, const char *name) {
    char output[TEXT_SIZE];
    const enum status status = bundle(fixture, find(fixture, name));
    if (status == STATUS_UNSUPPORTED) {
        assert_false(file_exists(fixture->bundle));
        return;
    }
    assert_ok(status);
    build(fixture);
    if (reproduce(output, fixture) != 0 || strstr(output, "passed\n") == NULL)
        fail_msg("%s", output);
    struct amber_script script = {.folder = fixture->bundle};
    char *const text = read_file(fixture, "case.amber", NULL);
    if (!amber_script_read(&script, text))
        fail_msg("%s: line %d of case.amber: %s", name, script.line, script.problem);
    free(text);
    assert_int_equal(run(output, fixture, "rm -r bundle"), 0);
}

static void test_right_results_pass(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    static const char dropped_attention[] =
        "attention/batch=2,heads=3,queries=19,keys=23,head_width=16,stream=4,scale=0.25,dropout=0.1,"
        "lengths=none/wide";
    static const char *const names[] = {
        "layernorm/rows=37,width=7,eps=1e-6,bias=none/real", /* a tensor that is not given */
        "matmul/batch=1,m=1,n=1,k=1/integer@plain",
        "matmul/batch=1,m=17,n=33,k=9/denormal",
        "matmul/batch=0,m=3,n=5,k=7/integer", /* nothing to do */
        "matmul/batch=1,m=1,n=1,k=1/real@narrow+quads",
        dropped_attention,
        "cross_entropy/rows=37,classes=7,ignore=3,factor=0.5/hard@narrow", /* words that are read */
        "concatenate/outer=1,a_rows=1,b_rows=1,width=1/bits",              /* words that are written */
        "mask_tokens/batch=1,tokens=1,kept=1/bits",
        "dropout/count=1,stream=0,rate=0.5/nan",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        check_case(fixture, names[i]);
}

/* Tensors that are read and written: the first case of each of these operators. */
static void test_tensors_that_are_updated(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    bool adamw = false, ema = false;
    for (size_t i = 0; i < fixture->selection.count; i++) {
        const struct conformance_case *const one = &fixture->selection.cases[i];
        bool *const seen = one->group != NULL          ? NULL
                           : one->id == OPERATOR_adamw ? &adamw
                           : one->id == OPERATOR_ema   ? &ema
                                                       : NULL;
        if (seen == NULL || *seen)
            continue;
        *seen = true;
        check_case(fixture, one->name);
    }
    assert_true(adamw && ema);
}

/* Word `index` of y.expected.bin becomes another number. */
static void damage(const struct fixture *fixture, size_t index) {
    char path[160];
    size_t size;
    char *const bytes = read_file(fixture, "y.expected.bin", &size);
    const float wrong = 1000;
    assert_true((index + 1) * sizeof wrong <= size);
    memcpy(bytes + index * sizeof wrong, &wrong, sizeof wrong);
    snprintf(path, sizeof path, "%s/y.expected.bin", fixture->bundle);
    assert_ok(file_replace(path, bytes, size));
    free(bytes);
}

static void test_the_wrong_element_is_named(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    char output[TEXT_SIZE];
    assert_ok(bundle(fixture, find(fixture, "layernorm/rows=37,width=7,eps=1e-6,bias=none/real")));
    build(fixture);
    damage(fixture, 5 * 7 + 3);
    assert_int_equal(reproduce(output, fixture), 1);
    assert_non_null(strstr(output, "y: 1 of 259 elements are wrong\n    worst y[5, 3]: found "));
    assert_non_null(strstr(output, "expected 1000 (0x447A0000)"));
    assert_non_null(strstr(output, "rstd: 0 of 37 elements are wrong\n"));
    assert_non_null(strstr(output, "failed: 2 of 2 runs\n"));
}

static void test_a_wrong_result_fails(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    const struct conformance_case one = {
        .name = "add/count=257/integer", .id = OPERATOR_add, .inputs = INPUTS_INTEGER, .sizes = "count=257"};
    const struct execution with = {
        .device = fixture->device, .seed = 1, .shaders = find_mutant(OPERATOR_add, "dropped-tail")->shaders};
    char output[TEXT_SIZE];
    assert_ok(bundle_write(fixture->bundle, &one, &with));
    build(fixture);
    assert_int_equal(run(output, fixture, "cd bundle && ./reproduce '' 3"), 1);
    assert_non_null(strstr(output, "y: 1 of 257 elements are wrong\n    worst y[256]: found "));
    assert_non_null(strstr(output, "failed: 3 of 3 runs\n"));
}

static void test_what_cannot_run(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    char output[TEXT_SIZE];
    assert_ok(bundle(fixture, find(fixture, "layernorm/rows=37,width=7,eps=1e-6,bias=none/real")));
    build(fixture);
    assert_int_equal(run(output, fixture, "cd bundle && ./reproduce 'no such device'"), 2);
    assert_non_null(strstr(output, "no such device: there is none\n"));
    assert_int_equal(run(output, fixture, "cd bundle && ./reproduce 0 none"), 2);
    assert_int_equal(run(output, fixture, "bundle/reproduce"), 2);
    assert_non_null(strstr(output, "run this in the folder of the bundle"));
    assert_int_equal(run(output, fixture, "cd bundle && echo >> x.before.bin && ./reproduce"), 2);
    assert_non_null(strstr(output, "x.before.bin: has another size than case.h says"));
}

/* ---- the other files ---- */

static void test_description(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    assert_ok(bundle(fixture, find(fixture, "layernorm/rows=37,width=7,eps=1e-6,bias=none/real")));
    char *const text = read_file(fixture, "case.json", NULL);
    json_t *const root = json_loads(text, 0, NULL);
    free(text);
    const char *operator_name, *seed, *device, *tensor, *type;
    int groups[3], rows, width, written;
    double eps;
    assert_int_equal(json_unpack(root, "{s:s, s:s, s:{s:s}, s:[i,i,i!], s:{s:F}}", "operator", &operator_name,
                                 "seed", &seed, "device", "name", &device, "workgroups", &groups[0],
                                 &groups[1], &groups[2], "push_constants", "eps", &eps),
                     0);
    const json_t *const bindings = json_object_get(root, "bindings");
    assert_int_equal(json_array_size(bindings), 6);
    assert_int_equal(json_unpack(json_array_get(bindings, 0), "{s:s, s:s, s:[i,i!], s:b}", "tensor", &tensor,
                                 "type", &type, "shape", &rows, &width, "written", &written),
                     0);
    assert_string_equal(operator_name, "layernorm");
    assert_string_equal(seed, "1");
    assert_string_equal(device, gpu_device_properties(fixture->device)->name);
    assert_string_equal(tensor, "y");
    assert_string_equal(type, "float32");
    assert_true(rows == 37 && width == 7 && written && (float)eps == 1e-6f);
    assert_true(groups[0] * groups[1] * groups[2] > 0);
    assert_true(json_is_null(json_object_get(json_array_get(bindings, 5), "tensor"))); /* bias */
    json_decref(root);
}

/* The grammar's reader itself: what Amber would misread is refused. */
static void test_amber_scripts_that_are_wrong(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    static const struct {
        const char *script, *problem;
    } wrong[] = {
        {"RUN pipeline 1 1 1\n", "the first line"},
        {"#!amber\nRUN pipeline 1 1\n", "an integer"},
        {"#!amber\nRUN pipeline 1 1 1\nRUN pipeline 1 1 1\n", "one RUN"},
        {"#!amber\nBUFFER a DATA_TYPE float SIZE 3 FILE BINARY none.bin\n", "a file that can be read"},
        {"#!amber\nBUFFER a DATA_TYPE float SIZE 3 FILE BINARY x.before.bin\n", "as long as the buffer"},
        {"#!amber\nBUFFER a DATA_TYPE float SIZE 0 FILL 0\n", "a size above 0"},
        {"#!amber\nBUFFER a DATA_TYPE float SIZE 1 FILL 1e-6\n", "a point"},
        {"#!amber\nEXPECT a IDX 0 TOLERANCE 1 EQ 0\n", "a buffer should be named"},
        {"#!amber\nSHADER compute shader SPIRV-HEX\n03 02\nEND\n", "the shader should be"},
        {"#!amber\nPIPELINE compute pipeline\n  SUBGROUP shader\n", "DEVICE_FEATURE"},
    };
    assert_ok(bundle(fixture, find(fixture, "layernorm/rows=37,width=7,eps=1e-6,bias=none/real")));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct amber_script script = {.folder = fixture->bundle};
        if (amber_script_read(&script, wrong[i].script) || strstr(script.problem, wrong[i].problem) == NULL)
            fail_msg("%s: %s", wrong[i].script, script.problem);
    }
    struct amber_script script = {.folder = fixture->bundle};
    char *const text = read_file(fixture, "case.amber", NULL);
    assert_true(amber_script_read(&script, text));
    free(text);
    assert_int_equal(script.storage_buffers, 6);
    assert_int_equal(script.expectations, 37 * 7 + 37 + 37);
    assert_true(script.binds_push && script.specialisations == 3);
}

/* ---- the folder ---- */

static void test_folders_in_use_are_left_alone(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    const struct conformance_case *const one = find(fixture, "add/count=1/real");
    char output[TEXT_SIZE];
    assert_int_equal(run(output, fixture, "mkdir bundle && echo mine > bundle/README.md"), 0);
    assert_int_equal(bundle(fixture, one), STATUS_USAGE);
    assert_non_null(strstr(status_message(), "is there already"));
    assert_int_equal(run(output, fixture, "cat bundle/*"), 0);
    assert_string_equal(output, "mine\n");
    assert_int_equal(bundle_write("/nowhere/bundle", one, &(struct execution){.device = fixture->device}),
                     STATUS_USAGE);
}

static void test_nothing_stays_after_a_failure(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE,
              &(struct rlimit){.rlim_cur = 8192, .rlim_max = before.rlim_max}); /* reproduce.c is longer */
    const enum status status = bundle(fixture, find(fixture, "add/count=1/real"));
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(status_message(), "reproduce.c"));
    assert_false(file_exists(fixture->bundle));
}

static void test_whole_steps_are_refused(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    const struct conformance_case one = {
        .name = "step/one", .id = OPERATOR_COUNT, .group = &conformance_steps};
    assert_int_equal(bundle(fixture, &one), STATUS_USAGE);
    assert_non_null(strstr(status_message(), "step/one is made of many dispatches and has no bundle"));
    assert_false(file_exists(fixture->bundle));
}

static void test_command(void **state) {
    const struct fixture *const fixture = *state;
    need_device(fixture);
    static const char command[] = MNSP_CONFORMANCE " --seed 7 --bundle bundle --filter 'add/count=1/real'";
    char output[TEXT_SIZE];
    if (run(output, fixture, command) != 0)
        fail_msg("%s", output);
    assert_string_equal(output,
                        "add/count=1/real\n"
                        "to run it: cd 'bundle' && cc -o reproduce reproduce.c -lvulkan && ./reproduce\n");
    assert_int_equal(run(output, fixture, "grep -q '\"seed\": \"7\"' bundle/case.json"), 0);
    assert_int_equal(run(output, fixture, command), 2);
    assert_non_null(strstr(output, "bundle: is there already; name a new folder"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_right_results_pass, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tensors_that_are_updated, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_wrong_element_is_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_wrong_result_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_cannot_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_description, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_amber_scripts_that_are_wrong, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_folders_in_use_are_left_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_stays_after_a_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_whole_steps_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_command, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("bundles", tests, NULL, NULL);
}
