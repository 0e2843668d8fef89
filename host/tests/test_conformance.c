/* The conformance suite itself: its comparison must fail where it should, its table must be complete, and its
 * command line must say what is wrong. */
#include "conformance/compare.h"
#include "conformance/extremes.h"
#include "conformance/mutants.h"
#include "conformance/options.h"
#include "conformance/registry.h"
#include "conformance/stress.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

/* ---- comparison ---- */

/* An application with the reference applied, and a copy of the outputs of its first tensor to spoil. */
struct applied {
    struct application application;
    float *outputs[OPERATOR_MAX_TENSORS];
};

static void apply(struct applied *out, enum operator_id id, const char *sizes, enum inputs inputs) {
    const struct conformance_case one = {.name = "test", .id = id, .inputs = inputs, .sizes = sizes};
    memset(out->outputs, 0, sizeof out->outputs);
    assert_int_equal(application_create(&out->application, &one, 1), STATUS_OK);
    assert_int_equal(application_apply_reference(&out->application), STATUS_OK);
    const size_t bytes = out->application.elements[0] * sizeof(float);
    out->outputs[0] = malloc(bytes);
    assert_non_null(out->outputs[0]);
    memcpy(out->outputs[0], out->application.values[0].f, bytes);
}

static void release(struct applied *applied) {
    free(applied->outputs[0]);
    application_destroy(&applied->application);
}

static size_t failures_of(const struct applied *applied) {
    struct comparison comparison;
    compare(&comparison, &applied->application, applied->outputs);
    return comparison.failures;
}

static void test_equal_passes(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_add, "count=9", INPUTS_REAL);
    assert_int_equal(failures_of(&applied), 0);
    release(&applied);
}

static void test_nan_infinity_and_poison_fail(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_add, "count=9", INPUTS_REAL);
    applied.outputs[0][2] = NAN;
    applied.outputs[0][4] = -INFINITY;
    const uint32_t poison = POISON;
    memcpy(&applied.outputs[0][8], &poison, sizeof poison);
    assert_int_equal(failures_of(&applied), 3);
    release(&applied);
}

/* A bound that is finite, of a result that is not: only the same infinity will do. */
static void test_infinity_has_no_tolerance(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_add, "count=9", INPUTS_REAL);
    applied.application.values[0].f[3] = INFINITY;
    assert_true(applied.application.bounds[0][3] > 0);
    assert_int_equal(failures_of(&applied), 1);
    applied.outputs[0][3] = -INFINITY;
    assert_int_equal(failures_of(&applied), 1);
    applied.outputs[0][3] = INFINITY;
    assert_int_equal(failures_of(&applied), 0);
    release(&applied);
}

static void test_tolerance_is_the_bound(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_add, "count=9", INPUTS_REAL);
    float *const y = applied.outputs[0];
    y[1] = nextafterf(y[1], INFINITY); /* one ulp is allowed */
    assert_int_equal(failures_of(&applied), 0);
    y[1] = nextafterf(nextafterf(y[1], INFINITY), INFINITY);
    assert_int_equal(failures_of(&applied), 1);
    release(&applied);
}

static void test_integers_have_no_tolerance(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_matmul, "batch=1,m=3,n=3,k=5", INPUTS_INTEGER);
    float *const c = applied.outputs[0];
    c[7] = nextafterf(c[7], INFINITY);
    assert_int_equal(failures_of(&applied), 1);
    release(&applied);
}

static void test_copies_are_compared_as_words(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_slice, "outer=1,rows=4,first=1,count=2,width=3", INPUTS_BITS);
    assert_int_equal(failures_of(&applied), 0);
    uint32_t word;
    memcpy(&word, &applied.outputs[0][5], sizeof word);
    word ^= 1;
    memcpy(&applied.outputs[0][5], &word, sizeof word);
    assert_int_equal(failures_of(&applied), 1);
    release(&applied);
}

/* attention_backward_query leaves alone what lies between the heads. */
static void test_untouched_elements_must_stay(void **state) {
    (void)state;
    struct applied applied;
    apply(
        &applied, OPERATOR_attention_backward_query,
        "batch=1,heads=1,queries=2,keys=2,head_width=2,q_pitch=5,q_offset=1,scale=1,lengths=none,random=none",
        INPUTS_REAL);
    assert_int_equal(failures_of(&applied), 0);
    applied.outputs[0][0] = NAN;
    applied.outputs[0][9] = 0;
    assert_int_equal(failures_of(&applied), 2);
    release(&applied);
}

/* ---- table ---- */

static void test_every_operator_has_cases_of_its_class(void **state) {
    (void)state;
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        const struct conformance_operator *const rules = registry_operator(id);
        const enum operator_bound class = operator_info(id)->bound;
        assert_non_null(rules->shapes);
        assert_true(rules->count > 0);
        assert_int_equal(rules->bound == NULL, class == BOUND_EXACT);
        unsigned inputs = 0;
        for (size_t i = 0; i < rules->count; i++)
            inputs |= rules->sizes[i].inputs;
        assert_true(class == BOUND_ELEMENTARY || (inputs & (AS_INTEGER | AS_BITS)) != 0);
        assert_true(class == BOUND_EXACT || (inputs & AS_REAL) != 0);
    }
}

static void test_every_operator_has_extremes(void **state) {
    (void)state;
    size_t count;
    const struct extreme *const extremes = extremes_list(&count);
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        bool has_zero = false;
        for (size_t i = 0; i < count; i++)
            has_zero |= extremes[i].id == id && strstr(extremes[i].sizes.text, "=0") != NULL;
        if (!has_zero)
            fail_msg("%s has no size of 0 in extremes.c", operator_info(id)->name);
    }
    for (size_t i = 1; i < count; i++)
        assert_true(extremes[i - 1].id <= extremes[i].id);
}

static void test_every_operator_has_mutants(void **state) {
    (void)state;
    size_t count;
    const struct mutant *const *const mutants = mutants_list(&count);
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        bool has_one = false;
        for (size_t i = 0; i < count; i++)
            has_one |= mutants[i]->id == id;
        if (!has_one)
            fail_msg("%s has no mutant: write tools/mutants/%s.mutant", operator_info(id)->name,
                     operator_info(id)->name);
    }
}

/* Kinds of inputs that hurt, for whatever computes. */
static void test_every_operator_has_inputs_that_hurt(void **state) {
    (void)state;
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        const char *sizes[STRESS_SIZES];
        const bool computes = operator_info(id)->bound != BOUND_EXACT;
        assert_int_equal(stress_has(id, INPUTS_WIDE), computes);
        assert_false(stress_has(id, INPUTS_REAL));
        assert_true(!computes || stress_sizes(sizes, id) > 0);
    }
}

/* What depends on an input that is not finite has no bound, the rest has the one it had. */
static void test_bounds_of_inputs_that_are_not_finite(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_add, "count=100", INPUTS_NAN);
    struct application *const a = &applied.application;
    assert_int_equal(a->spoiled_count, 3);
    for (size_t i = 0; i < a->spoiled_count; i++)
        assert_true(isinf(a->bounds[0][a->spoiled[i].element]));
    assert_true(isnan(a->values[a->spoiled[0].tensor].f[a->spoiled[0].element]));
    size_t without = 0;
    for (size_t i = 0; i < 100; i++)
        without += isinf(a->bounds[0][i]) != 0;
    assert_int_equal(without, a->spoiled_count);
    applied.outputs[0][a->spoiled[0].element] = NAN; /* anything is right there */
    assert_int_equal(failures_of(&applied), 0);
    const uint32_t poison = POISON; /* but nothing is wrong */
    memcpy(&applied.outputs[0][a->spoiled[0].element], &poison, sizeof poison);
    assert_int_equal(failures_of(&applied), 1);
    release(&applied);
}

/* A device may flush a denormal result, to 0 and nothing else. */
static void test_denormals_may_be_flushed(void **state) {
    (void)state;
    struct applied applied;
    apply(&applied, OPERATOR_gather_rows_backward, "batch=1,rows=9,count=9,width=100", INPUTS_DENORMAL);
    const struct application *const a = &applied.application;
    size_t place = 0;
    while (fpclassify(a->values[0].f[place]) != FP_SUBNORMAL || a->bounds[0][place] != 0) {
        place++;
        assert_true(place < a->elements[0]);
    }
    applied.outputs[0][place] = 0;
    assert_int_equal(failures_of(&applied), 0);
    applied.outputs[0][place] = 1e-30F;
    assert_int_equal(failures_of(&applied), 1);
    release(&applied);
}

static void test_names_are_unique_and_whole(void **state) {
    (void)state;
    struct conformance_case *cases;
    size_t count;
    assert_int_equal(registry_cases(&cases, &count, NULL), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        assert_true(strlen(cases[i].name) < CASE_NAME - 1);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(cases[i].name, cases[j].name);
    }
    free(cases);
}

static void test_malformed_sizes_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"counts=1", "count", "count=x", "count=1,factor=", "y=none"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const struct conformance_case one = {
            .name = "test", .id = OPERATOR_scale, .inputs = INPUTS_REAL, .sizes = wrong[i]};
        struct application application;
        assert_int_equal(application_create(&application, &one, 1), STATUS_INTERNAL);
        application_destroy(&application);
    }
}

/* ---- command line ---- */

static int run(const char *arguments, char *output, size_t size) {
    char command[1024];
    snprintf(command, sizeof command, "'%s' %s 2>&1", MNSP_CONFORMANCE, arguments);
    FILE *const pipe = popen(command, "r");
    assert_non_null(pipe);
    output[fread(output, 1, size - 1, pipe)] = '\0';
    const int status = pclose(pipe);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_command_line(void **state) {
    (void)state;
    static const struct {
        const char *arguments;
        int status;
        const char *output;
    } cases[] = {
        {"--help", 0, "usage: mnsp-conformance"},
        {"--mutants --list --filter 'add/*'", 0, "add/half-precision: the sum is rounded to 16 bits\n"},
        {"--mutants --list --fraction 2/2 --filter 'add/*'", 0, "add/"},
        {"--bundle somewhere --filter 'add/*'", 2, "--bundle takes one case"},
        {"--bundle somewhere --json report.json", 2, "--bundle takes --device"},
        {"--mutants --filter 'no such mutant'", 2, "no mutant has such a name"},
        {"--list --filter 'add/count=1/*'", 0, "add/count=1/integer\nadd/count=1/real\n"},
        {"--filter 'no such case'", 2, "no case has such a name"},
        {"--nonsense", 2, "unknown option --nonsense"},
        {"--device", 2, "--device needs a value"},
        {"--seed -1", 2, "--seed -1"},
        {"--format yaml", 2, "standard, tap or xml"},
        {"something", 2, "unexpected argument 'something'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char output[4096];
        const int status = run(cases[i].arguments, output, sizeof output);
        if (status != cases[i].status || strstr(output, cases[i].output) == NULL)
            fail_msg("%s: exit status %d, expected %d; output: %s", cases[i].arguments, status,
                     cases[i].status, output);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_passes),
        cmocka_unit_test(test_nan_infinity_and_poison_fail),
        cmocka_unit_test(test_infinity_has_no_tolerance),
        cmocka_unit_test(test_tolerance_is_the_bound),
        cmocka_unit_test(test_integers_have_no_tolerance),
        cmocka_unit_test(test_copies_are_compared_as_words),
        cmocka_unit_test(test_untouched_elements_must_stay),
        cmocka_unit_test(test_every_operator_has_cases_of_its_class),
        cmocka_unit_test(test_every_operator_has_extremes),
        cmocka_unit_test(test_every_operator_has_mutants),
        cmocka_unit_test(test_every_operator_has_inputs_that_hurt),
        cmocka_unit_test(test_bounds_of_inputs_that_are_not_finite),
        cmocka_unit_test(test_denormals_may_be_flushed),
        cmocka_unit_test(test_names_are_unique_and_whole),
        cmocka_unit_test(test_malformed_sizes_are_refused),
        cmocka_unit_test(test_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
