/* The scalar reference of what moves rows, prepares images, masks tokens and updates weights, by hand. */
#include "reference/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Small integers pass through all of these exactly. */
static void assert_floats(const float *found, const float *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!(found[i] == expected[i])) {
            fail_msg("element %zu: found %.9g, expected %.9g", i, (double)found[i], (double)expected[i]);
        }
    }
}

static void assert_words(const uint32_t *found, const uint32_t *expected, size_t count) {
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(found[i], expected[i]);
    }
}

static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance)) {
        fail_msg("found %.9g, expected %.9g within %.2g", found, expected, tolerance);
    }
}

/* 1, 2, 3, ... */
static void count_up(float *out, size_t count) {
    for (size_t i = 0; i < count; i++) {
        out[i] = (float)(i + 1);
    }
}

/* ---- rows ---- */

static void test_rows(void **state) {
    (void)state;
    float x[5 * 2], y[5 * 2];
    const float table[6] = {10, 20, 30, 40, 50, 60};
    count_up(x, COUNT(x));
    reference_add_rows(y, x, table, 5, 2, 2, 1);
    assert_floats(y, (const float[]){31, 42, 53, 64, 35, 46, 57, 68, 39, 50}, 10);
    reference_broadcast_rows(y, table, 5, 2, 3);
    assert_floats(y, (const float[]){10, 20, 30, 40, 50, 60, 10, 20, 30, 40}, 10);
    reference_sum_rows(y, x, 5, 2, 2, 0);
    assert_floats(y, (const float[]){15, 18, 10, 12}, 4);
    reference_sum_rows(y, x, 1, 2, 2, 0); /* the second sum has no rows */
    assert_floats(y, (const float[]){1, 2, 0, 0}, 4);
    reference_add(y, x, table, 6);
    assert_floats(y, (const float[]){11, 22, 33, 44, 55, 66}, 6);
    reference_scale(y, x, 3, -2);
    assert_floats(y, (const float[]){-2, -4, -6}, 3);
}

static void test_concatenate_and_slice(void **state) {
    (void)state;
    float a[2 * 1 * 2], y[2 * 3 * 2], back[2 * 3 * 2];
    const float b[2 * 2 * 2] = {10, 20, 30, 40, 50, 60, 70, 80};
    count_up(a, COUNT(a));
    reference_concatenate(y, a, b, 2, 1, 2, 2);
    assert_floats(y, (const float[]){1, 2, 10, 20, 30, 40, 3, 4, 50, 60, 70, 80}, 12);
    reference_slice(back, y, 2, 3, 1, 2, 2);
    assert_floats(back, b, 8);
    reference_slice_backward(back, b, 2, 3, 1, 2, 2);
    assert_floats(back, (const float[]){0, 0, 10, 20, 30, 40, 0, 0, 50, 60, 70, 80}, 12);
}

static void test_gather_rows(void **state) {
    (void)state;
    float x[2 * 2 * 2], y[2 * 3 * 2], dx[2 * 2 * 2];
    const uint32_t index[6] = {1, 1, 2, 0, 0xFFFFFFFF, 0};
    count_up(x, COUNT(x));
    reference_gather_rows(y, x, index, 2, 2, 3, 2);
    assert_floats(y, (const float[]){3, 4, 3, 4, 0, 0, 5, 6, 0, 0, 5, 6}, 12);
    count_up(y, COUNT(y));
    reference_gather_rows_backward(dx, y, index, 2, 2, 3, 2);
    assert_floats(dx, (const float[]){0, 0, 1 + 3, 2 + 4, 7 + 11, 8 + 12, 0, 0}, 8);
}

static void test_scatter_rows(void **state) {
    (void)state;
    float y[2 * 3 * 2];
    const float x[2 * 2 * 2] = {10, 20, 30, 40, 50, 60, 70, 80};
    const uint32_t index[4] = {2, 0, 3, 1};
    count_up(y, COUNT(y));
    reference_scatter_rows(y, x, index, 2, 3, 2, 2);
    assert_floats(y, (const float[]){30, 40, 3, 4, 10, 20, 7, 8, 70, 80, 11, 12}, 12);
}

/* Ties keep their order, -0 equals 0, and NaN is as large as infinity. */
static void test_top_k(void **state) {
    (void)state;
    const float x[2][4] = {{1, 3, -2, 3}, {-0.0f, INFINITY, NAN, 0}};
    float value[2 * 4];
    uint32_t index[2 * 4];
    reference_top_k(value, index, x[0], 2, 4, 4);
    assert_words(index, (const uint32_t[]){1, 3, 0, 2, 1, 2, 0, 3}, 8);
    assert_floats(value, (const float[]){3, 3, 1, -2}, 4);
    assert_true(isnan(value[5]) && signbit(value[6]));
    reference_top_k(value, index, x[0], 2, 4, 1);
    assert_words(index, (const uint32_t[]){1, 1}, 2);
}

/* ---- images and masks ---- */

/* Two channels of 2 x 4 pixels in patches of 1 x 2. */
static void test_patchify(void **state) {
    (void)state;
    float image[16], y[16];
    count_up(image, 16);
    reference_patchify(y, image, 1, 2, 2, 4, 1, 2, 0);
    assert_floats(y, (const float[]){1, 2, 9, 10, 3, 4, 11, 12, 5, 6, 13, 14, 7, 8, 15, 16}, 16);
    reference_patchify(y, image, 1, 2, 2, 4, 1, 2, 1);
    assert_floats(y, (const float[]){1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15, 8, 16}, 16);
    /* Two images of one channel; a patch of 2 x 2 has two rows. */
    reference_patchify(y, image, 2, 1, 2, 4, 2, 2, 0);
    assert_floats(y, (const float[]){1, 2, 5, 6, 3, 4, 7, 8, 9, 10, 13, 14, 11, 12, 15, 16}, 16);
}

static void test_mean_pool(void **state) {
    (void)state;
    float x[3 * 5 * 2], y[4];
    count_up(x, COUNT(x));
    reference_mean_pool(y, x, 1, 3, 5, 2);
    assert_floats(y, (const float[]){7, 8, 11, 12}, 4); /* (1 + 3 + 11 + 13) / 4, ... */
}

static void test_mask_tokens(void **state) {
    (void)state;
    /* Ties keep their order, -0 equals 0, and NaN comes with infinity at the end. */
    const float noise[2][5] = {{0.5f, 0.25f, 0.5f, 0.25f, 0}, {NAN, 0, INFINITY, -0.0f, NAN}};
    uint32_t kept_index[2 * 3], restore_index[2 * 6], removed[2 * 5];
    reference_mask_tokens(kept_index, restore_index, removed, noise[0], 2, 5, 3);
    assert_words(kept_index, (const uint32_t[]){4, 1, 3, 1, 3, 0}, 6);
    assert_words(restore_index, (const uint32_t[]){0, 4, 2, 4, 3, 1, 0, 3, 1, 4, 2, 4}, 12);
    assert_words(removed, (const uint32_t[]){1, 0, 1, 0, 0, 0, 0, 1, 0, 1}, 10);
    reference_mask_tokens(kept_index, restore_index, removed, noise[0], 1, 3, 3);
    assert_words(kept_index, (const uint32_t[]){1, 0, 2}, 3);
    assert_words(removed, (const uint32_t[]){0, 0, 0}, 3);
    reference_mask_tokens(kept_index, restore_index, removed, noise[0], 1, 3, 0);
    assert_words(restore_index, (const uint32_t[]){0, 1, 1, 1}, 4);
}

/* Rows [class, kept..., mask], gathered by restore_index, have every kept token back in its place. */
static void test_mask_tokens_restores(void **state) {
    (void)state;
    enum { TOKENS = 6, KEPT = 2 };
    const float noise[TOKENS] = {3, 1, 4, 1, 5, 9}, tokens[TOKENS] = {10, 11, 12, 13, 14, 15};
    const float class_token = -1, mask_token = 99;
    uint32_t kept_index[KEPT], restore_index[1 + TOKENS], removed[TOKENS];
    float kept[KEPT], rows[1 + KEPT + 1], restored[1 + TOKENS];
    reference_mask_tokens(kept_index, restore_index, removed, noise, 1, TOKENS, KEPT);
    reference_gather_rows(kept, tokens, kept_index, 1, TOKENS, KEPT, 1);
    rows[0] = class_token;
    rows[1] = kept[0];
    rows[2] = kept[1];
    rows[3] = mask_token;
    reference_gather_rows(restored, rows, restore_index, 1, 1 + KEPT + 1, 1 + TOKENS, 1);
    assert_floats(restored, (const float[]){-1, 99, 11, 99, 13, 99, 99}, 1 + TOKENS);
}

/* ---- updates ---- */

static void test_square_sum(void **state) {
    (void)state;
    float x[7], partial[5] = {-1, -1, -1, -1, -1};
    count_up(x, 7);
    reference_square_sum(partial, x, 7, 3); /* parts of 3, 3 and 1 */
    assert_floats(partial, (const float[]){14, 77, 49, -1, -1}, 5);
    reference_square_sum(partial, x, 2, 4); /* more parts than elements */
    assert_floats(partial, (const float[]){1, 4, 0, 0, -1}, 5);
}

static void test_clip_factor(void **state) {
    (void)state;
    const float one[4] = {1, 0, 0, 0}, other[4] = {4, 1, 2, 3};
    float control[5];
    reference_clip_factor(control, (const float[]){9, 16}, one, 2, 1, 0.5F, 0.75F);
    assert_near(control[0], 5, 0);
    assert_near(control[1], 1 / 5.000001, 1e-8);
    assert_near(control[2], 1, 0);
    reference_clip_factor(control, (const float[]){9, 16}, one, 2, 6, 0.5F, 0.75F);
    assert_floats(control, (const float[]){5, 1, 1, 0.5F, 0.25F}, 5);
    reference_clip_factor(control, (const float[]){9, 16}, one, 2, 0, 0.5F, 0.75F); /* no limit */
    assert_floats(control, (const float[]){5, 1, 1, 0.5F, 0.25F}, 5);
    /* A norm of exactly the limit, where PyTorch's factor is already below 1. */
    reference_clip_factor(control, (const float[]){9, 16}, one, 2, 5, 0.5F, 0.75F);
    assert_near(control[1], 5 / 5.000001, 6e-8);

    /* Gradients that are 4 times too large, in the third step. */
    reference_clip_factor(control, (const float[]){9, 16}, other, 2, 0, 0.5F, 0.75F);
    assert_floats(control, (const float[]){1.25F, 0.25F, 1, 0.875F, 1 - 0.421875F}, 5);
    reference_clip_factor(control, (const float[]){9, 16}, other, 2, 0.625F, 0.5F, 0.75F);
    assert_near(control[1], 0.125, 1e-6);

    const float bad[] = {INFINITY, NAN, 3e38f}; /* the last one overflows as a sum of two */
    for (size_t i = 0; i < COUNT(bad); i++) {
        reference_clip_factor(control, (const float[]){bad[i], i == 2 ? bad[i] : 1}, one, 2, 1, 0.5F, 0.75F);
        assert_true(control[2] == 0);
        assert_false(isfinite(control[0]));
    }
}

/* The scale falls with what is not finite and rises with enough that is; a step that is
 * left out is not counted. */
static void test_loss_scale(void **state) {
    (void)state;
    const float good[5] = {1, 1, 1}, bad[5] = {INFINITY, 0, 0};
    float scaler[4] = {4, 0, 0, 0}, fixed[4] = {1, 0, 5, 0};
    reference_loss_scale(scaler, good, 2);
    assert_floats(scaler, (const float[]){4, 1, 1, 0}, 4);
    reference_loss_scale(scaler, good, 2);
    assert_floats(scaler, (const float[]){8, 0, 2, 0}, 4);
    reference_loss_scale(scaler, good, 2);
    reference_loss_scale(scaler, bad, 2);
    assert_floats(scaler, (const float[]){4, 0, 3, 1}, 4);
    for (int i = 0; i < 4; i++)
        reference_loss_scale(scaler, bad, 2);
    assert_floats(scaler, (const float[]){1, 0, 3, 5}, 4);
    reference_loss_scale(fixed, bad, 0);
    reference_loss_scale(fixed, good, 0);
    assert_floats(fixed, (const float[]){1, 1, 6, 1}, 4);
    scaler[0] = 0x1p30F;
    reference_loss_scale(scaler, good, 1);
    assert_true(scaler[0] == 0x1p30F);
}

/* Two steps, the numbers of each written out. */
static void test_adamw(void **state) {
    (void)state;
    const double rate = 0.1, scale = 0.5, decay = 0.2, epsilon = 1e-3;
    const double beta1 = 0.9f, beta2 = 0.75f; /* as fp32 has them */
    const float gradient[2] = {2, -1}, first[5] = {4, 0.5f, 1, (float)(1 - beta1), (float)(1 - beta2)};
    float parameter[2] = {1, -2}, m[2] = {0}, v[2] = {0};

    const float schedule[1] = {0.1f};
    reference_adamw(parameter, m, v, gradient, schedule, first, 2, 0.5f, 0.9f, 0.75f, 1e-3f, 0.2f);
    /* g = 1, -0.5: at the first step the corrected means are g and g^2. */
    const double p1[2] = {1 - rate * scale * (decay * 1 + 1 / (1 + epsilon)),
                          -2 - rate * scale * (decay * -2 - 0.5 / (0.5 + epsilon))};
    for (size_t i = 0; i < 2; i++) {
        const double g = i == 0 ? 1 : -0.5;
        assert_near(parameter[i], p1[i], 3e-7);
        assert_near(m[i], (1 - beta1) * g, 1e-8);
        assert_near(v[i], 0.25 * g * g, 0);
    }

    /* The gradient changes sign in the second step. */
    const float second[5] = {4, 0.5f, 1, (float)(1 - beta1 * beta1), (float)(1 - beta2 * beta2)};
    reference_adamw(parameter, m, v, (const float[]){-2, 1}, schedule, second, 2, 0.5f, 0.9f, 0.75f, 1e-3f,
                    0.2f);
    for (size_t i = 0; i < 2; i++) {
        const double g = i == 0 ? 1 : -0.5;
        const double mean = beta1 * (1 - beta1) * g - (1 - beta1) * g;
        const double square = (0.75 * 0.25 + 0.25) * g * g;
        const double root = sqrt(square / 0.4375);
        const double step = mean / (1 - beta1 * beta1) / (root + epsilon);
        assert_near(m[i], mean, 1e-8);
        assert_near(v[i], square, 1e-7);
        assert_near(parameter[i], p1[i] - rate * scale * (decay * p1[i] + step), 5e-7);
    }
}

static void test_adamw_skips(void **state) {
    (void)state;
    const float schedule[1] = {0.1f}, control[5] = {INFINITY, 0, 0, 0.1f, 0.1f}, gradient[1] = {NAN};
    float parameter[1] = {3}, m[1] = {4}, v[1] = {5};
    reference_adamw(parameter, m, v, gradient, schedule, control, 1, 1, 0.9f, 0.999f, 1e-8f, 0.1f);
    assert_true(parameter[0] == 3 && m[0] == 4 && v[0] == 5);
}

/* The first part begins anew, whatever the memory holds. */
static void test_accumulate(void **state) {
    (void)state;
    float sum[3] = {NAN, INFINITY, 7};
    const float x[3] = {4, -8, 0}, y[3] = {2, 2, -2};
    reference_accumulate(sum, x, (const uint32_t[]){0}, 3, 0.5f);
    assert_floats(sum, (const float[]){2, -4, 0}, 3);
    reference_accumulate(sum, y, (const uint32_t[]){1}, 3, 0.5f);
    assert_floats(sum, (const float[]){3, -3, -1}, 3);
    reference_accumulate(sum, y, (const uint32_t[]){2}, 3, 1);
    assert_floats(sum, (const float[]){5, -1, -3}, 3);
}

static void test_ema(void **state) {
    (void)state;
    float average[2] = {8, -4};
    const float source[2] = {4, 4};
    const float good[5] = {1, 1, 1}, bad[5] = {INFINITY, 0, 0};
    reference_ema(average, source, NULL, 2, 0.75f);
    assert_floats(average, (const float[]){7, -2}, 2);
    reference_ema(average, source, good, 2, 1);
    assert_floats(average, (const float[]){7, -2}, 2);
    reference_ema(average, source, bad, 2, 0.75f);
    assert_floats(average, (const float[]){7, -2}, 2);
    reference_ema(average, source, good, 2, 0.5f);
    assert_floats(average, (const float[]){5.5f, 1}, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_concatenate_and_slice),
        cmocka_unit_test(test_gather_rows),
        cmocka_unit_test(test_scatter_rows),
        cmocka_unit_test(test_top_k),
        cmocka_unit_test(test_patchify),
        cmocka_unit_test(test_mean_pool),
        cmocka_unit_test(test_mask_tokens),
        cmocka_unit_test(test_mask_tokens_restores),
        cmocka_unit_test(test_square_sum),
        cmocka_unit_test(test_clip_factor),
        cmocka_unit_test(test_loss_scale),
        cmocka_unit_test(test_adamw),
        cmocka_unit_test(test_adamw_skips),
        cmocka_unit_test(test_accumulate),
        cmocka_unit_test(test_ema),
    };
    return cmocka_run_group_tests_name("reference, rows and updates", tests, NULL, NULL);
}
