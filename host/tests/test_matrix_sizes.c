/* Which of the cooperative matrices that a driver lists are taken, and why others are not. */
#include "gpu/matrices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define F16  VK_COMPONENT_TYPE_FLOAT16_KHR
#define BF16 VK_COMPONENT_TYPE_BFLOAT16_KHR
#define F32  VK_COMPONENT_TYPE_FLOAT32_KHR

enum { INT8 = 3, WORKGROUP = 2 }; /* of the Vulkan registry, like all these */

static VkCooperativeMatrixPropertiesKHR kind(uint32_t m, uint32_t n, uint32_t k, VkComponentTypeKHR factors,
                                             VkComponentTypeKHR sums) {
    return (VkCooperativeMatrixPropertiesKHR){.MSize = m,
                                              .NSize = n,
                                              .KSize = k,
                                              .AType = factors,
                                              .BType = factors,
                                              .CType = sums,
                                              .ResultType = sums,
                                              .scope = VK_SCOPE_SUBGROUP_KHR};
}

static void assert_size(const struct gpu_matrix *matrix, uint32_t m, uint32_t n, uint32_t k) {
    assert_string_equal(matrix->missing, "");
    assert_int_equal(matrix->m, m);
    assert_int_equal(matrix->n, n);
    assert_int_equal(matrix->k, k);
}

static void each_precision_takes_its_largest(void **state) {
    (void)state;
    const VkCooperativeMatrixPropertiesKHR list[] = {
        kind(16, 8, 8, F16, F32),
        kind(16, 16, 16, F16, F32),
        kind(16, 8, 16, F16, F32),
        kind(32, 32, 16, F16, F16),
        kind(16, 8, 8, BF16, F32),
        kind(16, 8, 16, BF16, F32),
        kind(8, 16, 16, BF16, F32),
        kind(32, 32, 32, BF16, BF16),
        kind(32, 32, 32, (VkComponentTypeKHR)INT8, F32),
        kind(64, 32, 16, BF16, F32),
    };
    struct gpu_matrix f16 = {0}, bf16 = {0};
    gpu_matrices_choose(&f16, PRECISION_F16, list, sizeof list / sizeof list[0]);
    gpu_matrices_choose(&bf16, PRECISION_BF16, list, sizeof list / sizeof list[0]);
    assert_size(&f16, 16, 16, 16);
    assert_size(&bf16, 16, 8, 16);
}

static void assert_refused(VkCooperativeMatrixPropertiesKHR one, const char *reason) {
    struct gpu_matrix matrix = {0};
    gpu_matrices_choose(&matrix, PRECISION_BF16, &one, 1);
    assert_int_equal(matrix.m, 0);
    if (strstr(matrix.missing, reason) == NULL)
        fail_msg("'%s' is not in '%s'", reason, matrix.missing);
}

static void what_does_not_fit_is_refused_with_a_reason(void **state) {
    (void)state;
    VkCooperativeMatrixPropertiesKHR saturating = kind(16, 16, 16, BF16, F32), wide = saturating,
                                     mixed = saturating;
    saturating.saturatingAccumulation = VK_TRUE;
    wide.scope = (VkScopeKHR)WORKGROUP;
    mixed.BType = F16;
    assert_refused(saturating, "bf16 with sums of f32 by subgroups");
    assert_refused(wide, "by subgroups");
    assert_refused(mixed, "bf16 with sums of f32");
    assert_refused(kind(16, 16, 16, F16, F32), "bf16 with sums of f32");
    assert_refused(kind(16, 16, 16, BF16, BF16), "bf16 with sums of f32");
    assert_refused(kind(16, 16, 4, BF16, F32), "multiples of 4 x 4 x 8");
    assert_refused(kind(2, 16, 16, BF16, F32), "multiples of 4 x 4 x 8");
    assert_refused(kind(64, 16, 16, BF16, F32), "larger than 32 x 32 x 32");
}

static void a_driver_may_list_nothing(void **state) {
    (void)state;
    struct gpu_matrix matrix = {0};
    gpu_matrices_choose(&matrix, PRECISION_F16, NULL, 0);
    assert_int_equal(matrix.m, 0);
    assert_non_null(strstr(matrix.missing, "f16 with sums of f32"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_precision_takes_its_largest),
        cmocka_unit_test(what_does_not_fit_is_refused_with_a_reason),
        cmocka_unit_test(a_driver_may_list_nothing),
    };
    return cmocka_run_group_tests_name("matrix_sizes", tests, NULL, NULL);
}
