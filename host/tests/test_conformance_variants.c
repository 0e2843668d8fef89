/* Variants of operators, and what the suite says of a failure: which features it takes. The failures are made
 * by mutants (conformance/mutants.h). */
#include "statuses.h"

#include "find_mutant.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- names ---- */

static void test_names_are_read_back(void **state) {
    (void)state;
    static const char *const names[] = {"",
                                        "plain",
                                        "narrow",
                                        "narrow+quads",
                                        "width=8",
                                        "quads",
                                        "width=256",
                                        "quads+arithmetic",
                                        "tiles=shared-64x64",
                                        "stored=f16",
                                        "stored=bf16,plain"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct variant variant;
        char name[VARIANT_TEXT];
        assert_ok(variant_by_name(&variant, names[i]));
        assert_string_equal(variant_name(name, &variant), names[i]);
    }
}

static void test_wrong_names_are_refused(void **state) {
    (void)state;
    static const char *const names[] = {"wide",        "narrow+",   "+quads",     "width=7",
                                        "plain+quads", "tiles=7x7", "stored=f32", "stored=f16,"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct variant variant;
        assert_int_equal(variant_by_name(&variant, names[i]), STATUS_INVALID);
    }
}

/* ---- lists ---- */

/* The names of a case's variants, with a comma behind each. */
static void list_variants(char *out, size_t size, enum operator_id id, const char *sizes,
                          const struct gpu_properties *device) {
    const struct conformance_case one = {.id = id, .inputs = INPUTS_REAL, .sizes = sizes};
    struct application application;
    union operator_value numbers[OPERATOR_MAX_ARGUMENTS];
    struct variant variants[VARIANTS_MAX];
    assert_ok(application_measure(&application, &one));
    application_numbers(numbers, &application);
    const size_t count = variants_list(variants, id, numbers, application.stored, device);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        char name[VARIANT_TEXT];
        const size_t used = strlen(out);
        snprintf(out + used, size - used, "%s,", variant_name(name, &variants[i]));
    }
}

static void test_only_what_differs_is_a_variant(void **state) {
    (void)state;
    char list[256];
    list_variants(list, sizeof list, OPERATOR_add, "count=100", NULL);
    assert_string_equal(list, "plain,");
    list_variants(list, sizeof list, OPERATOR_layernorm, "rows=3,width=5,eps=1e-6", NULL);
    assert_string_equal(list, "plain,narrow,width=256,");
    list_variants(list, sizeof list, OPERATOR_matmul, "batch=1,m=3,n=5,k=7", NULL);
    assert_string_equal(list, "plain,narrow+quads,");
}

static void test_devices_have_what_they_have(void **state) {
    (void)state;
    const struct gpu_properties device = {
        .name = "a device without quads", .type = GPU_TYPE_INTEGRATED, .max_groups = {65535, 65535, 65535}};
    char list[256];
    list_variants(list, sizeof list, OPERATOR_matmul, "batch=1,m=3,n=5,k=7", &device);
    assert_string_equal(list, "plain,");
    struct variant variant;
    assert_ok(variant_by_name(&variant, "narrow+quads"));
    assert_int_equal(variant_require(&variant, PRECISION_F32, &device), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "quads"));
    assert_ok(variant_by_name(&variant, "narrow"));
    assert_ok(variant_require(&variant, PRECISION_F32, &device));
}

/* ---- explanations ---- */

static struct gpu_device *need_device(void) {
    struct gpu_properties *list;
    size_t count;
    const char *why;
    struct gpu_device *device;
    assert_ok(gpu_devices_list(&list, &count, &why));
    free(list);
    if (count == 0) {
        print_message("skipped: %s\n", why);
        skip();
    }
    assert_ok(gpu_device_open(&device, NULL, &(struct gpu_options){0}));
    return device;
}

static void run_mutant(struct case_result *out, const char *name, enum operator_id id, const char *sizes,
                       struct gpu_device *device) {
    const struct conformance_case one = {.name = "test", .id = id, .inputs = INPUTS_INTEGER, .sizes = sizes};
    const struct mutant *const mutant = find_mutant(id, name);
    assert_null(mutant->error);
    execute_case(
        out, &one,
        &(struct execution){.device = device, .seed = 1, .shaders = mutant->shaders, .explain = true});
}

static void test_smallest_set_of_features(void **state) {
    (void)state;
    struct gpu_device *const device = need_device();
    const bool quads = gpu_device_properties(device)->subgroup_quad;
    struct case_result result;
    run_mutant(&result, "wrong-member", OPERATOR_matmul, "batch=1,m=15,n=31,k=7,transpose_b=1,bias=none",
               device);
    if (gpu_device_properties(device)->type == GPU_TYPE_CPU && quads) {
        assert_int_equal(result.outcome, OUTCOME_FAIL);
        assert_non_null(strstr(result.message, "it fails as narrow+quads, passes as plain; the smallest "
                                               "set of features that fails: narrow+quads"));
    } else {
        assert_int_equal(result.outcome, OUTCOME_PASS);
    }
    gpu_device_close(device);
}

static void test_failure_of_all_variants(void **state) {
    (void)state;
    struct gpu_device *const device = need_device();
    struct case_result result;
    run_mutant(&result, "last-row-dropped", OPERATOR_matmul, "batch=1,m=3,n=2,k=5", device);
    assert_int_equal(result.outcome, OUTCOME_FAIL);
    assert_non_null(strstr(result.message, "it fails in every variant: plain, narrow"));
    run_mutant(&result, "dropped-tail", OPERATOR_add, "count=3", device); /* there is no choice to explain */
    assert_int_equal(result.outcome, OUTCOME_FAIL);
    assert_null(strstr(result.message, "variant"));
    gpu_device_close(device);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_read_back),
        cmocka_unit_test(test_wrong_names_are_refused),
        cmocka_unit_test(test_only_what_differs_is_a_variant),
        cmocka_unit_test(test_devices_have_what_they_have),
        cmocka_unit_test(test_smallest_set_of_features),
        cmocka_unit_test(test_failure_of_all_variants),
    };
    return cmocka_run_group_tests_name("variants", tests, NULL, NULL);
}
