/* The envelope of whole steps: the reference lies in it, so does one that rounds as badly as a device may,
 * and one with the errors of 16-bit products does not. */
#include "conformance/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void compare_perturbed(struct case_result *out, float perturbation) {
    const struct step_subject subject = {.device = NULL, .perturbation = perturbation};
    *out = (struct case_result){0};
    if (step_compare(out, "mnsp/teacher_kind=momentum,steps=2", &subject, 1) != STATUS_OK)
        fail_msg("%s", status_message());
    assert_true(out->comparison.elements > 300);
}

static void test_reference_is_in_the_middle(void **state) {
    (void)state;
    struct case_result result;
    compare_perturbed(&result, 0);
    assert_int_equal(result.comparison.failures, 0);
    assert_true(result.comparison.largest_ratio == 0);
    assert_string_equal(result.comparison.worst, "");
}

static void test_roundings_are_inside(void **state) {
    (void)state;
    struct case_result result;
    compare_perturbed(&result, 0x1p-19F);
    assert_int_equal(result.comparison.failures, 0);
    assert_true(result.comparison.largest_ratio > 0);
    assert_true(result.comparison.largest_ratio < 1);
}

static void test_half_precision_is_outside(void **state) {
    (void)state;
    struct case_result result;
    compare_perturbed(&result, 0x1p-11F);
    assert_true(result.comparison.failures > 100);
    assert_true(result.comparison.largest_ratio > 20);
    assert_non_null(strstr(result.comparison.worst, "after step 1"));
}

static void test_wrong_names_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"mnsp", "mnsp/steps", "mnsp/stepz=1", "nothing/steps=1"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct case_result result = {0};
        const struct step_subject subject = {.device = NULL};
        assert_int_not_equal(step_compare(&result, wrong[i], &subject, 1), STATUS_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_is_in_the_middle),
        cmocka_unit_test(test_roundings_are_inside),
        cmocka_unit_test(test_half_precision_is_outside),
        cmocka_unit_test(test_wrong_names_are_refused),
    };
    return cmocka_run_group_tests_name("whole steps", tests, NULL, NULL);
}
