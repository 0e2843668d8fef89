/* The scalar reference against values known by hand, and against properties that hold for any input. */
#include "base/philox.h"
#include "reference/reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Fails unless the two agree within `tolerance`; a NaN does not agree. */
static void assert_near(double found, double expected, double tolerance) {
    if (!(fabs(found - expected) <= tolerance)) {
        fail_msg("found %.9g, expected %.9g within %.2g", found, expected, tolerance);
    }
}

static void assert_all_near(const float *found, const float *expected, size_t count, double tolerance) {
    for (size_t i = 0; i < count; i++) {
        assert_near(found[i], expected[i], tolerance);
    }
}

static void fill_random(float *out, size_t count, float low, float high, uint32_t step) {
    struct philox numbers = philox_start(1, PHILOX_STREAM_TEST, step, 0);
    for (size_t i = 0; i < count; i++) {
        out[i] = philox_next_between(&numbers, low, high);
    }
}

/* ---- random numbers ---- */

/* The vectors that the authors of Philox publish with their library, Random123. */
static void test_philox_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } cases[] = {
        {{0}, {0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint32_t out[4];
        philox_block(out, cases[i].counter, cases[i].key);
        assert_memory_equal(out, cases[i].out, sizeof out);
    }
}

/* The key and counter of an element are those of spec/numerics.md, "Random numbers". */
static void test_random_uniform(void **state) {
    (void)state;
    const uint32_t random[3] = {0x89abcdef, 0x01234567, 42};
    float y[11];
    reference_random_uniform(y, random, COUNT(y), 9);
    for (uint32_t i = 0; i < COUNT(y); i++) {
        const uint32_t counter[4] = {i / 4, 9, 42, 0}, key[2] = {0x89abcdef, 0x01234567};
        uint32_t block[4];
        philox_block(block, counter, key);
        assert_true(y[i] == (float)(block[i % 4] >> 8) / 16777216.0f);
    }
}

static void test_dropout(void **state) {
    (void)state;
    enum { N = 10000 };
    static float x[N], y[N], uniform[N];
    const uint32_t random[3] = {1, 2, 3};
    fill_random(x, N, 1, 2, 0);
    reference_random_uniform(uniform, random, N, 4);
    reference_dropout(y, x, random, N, 4, 0.25f);
    size_t kept = 0;
    for (size_t i = 0; i < N; i++) {
        assert_near(y[i], uniform[i] >= 0.25f ? x[i] / 0.75 : 0, 2e-7);
        kept += y[i] != 0;
    }
    /* 0.75 N, give or take 5 standard deviations of sqrt(0.1875 N). */
    assert_near((double)kept, 7500, 217);
    reference_dropout(y, x, random, N, 4, 0);
    assert_memory_equal(y, x, sizeof x);
    /* A dropped element is 0 whatever it was. */
    x[0] = x[1] = x[2] = x[3] = INFINITY;
    reference_dropout(y, x, random, 4, 4, 0.999f);
    assert_true(y[0] == 0 && y[1] == 0 && y[2] == 0 && y[3] == 0);
}

/* ---- products, normalisation, elements ---- */

static void test_matmul(void **state) {
    (void)state;
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {7, 8, 9, 10, 11, 12}, bias[2] = {100, 200};
    const float a_transposed[6] = {1, 4, 2, 5, 3, 6}, b_transposed[6] = {7, 9, 11, 8, 10, 12};
    const float expected[4] = {58, 64, 139, 154}, shifted[4] = {158, 264, 239, 354};
    float c[4];
    for (size_t variant = 0; variant < 4; variant++) {
        const size_t ta = variant & 1, tb = variant >> 1;
        reference_product(c, ta ? a_transposed : a, tb ? b_transposed : b, NULL, 1, 2, 2, 3, ta, tb);
        assert_memory_equal(c, expected, sizeof c);
        reference_product(c, ta ? a_transposed : a, tb ? b_transposed : b, bias, 1, 2, 2, 3, ta, tb);
        assert_memory_equal(c, shifted, sizeof c);
    }
    /* Nothing to add up leaves the bias; two products of 1 x 1 are two numbers. */
    const float rows_of_bias[4] = {100, 200, 100, 200}, products[2] = {7, 16};
    reference_product(c, a, b, bias, 1, 2, 2, 0, 0, 0);
    assert_memory_equal(c, rows_of_bias, sizeof c);
    reference_product(c, a, b, NULL, 2, 1, 1, 1, 0, 0);
    assert_memory_equal(c, products, sizeof products);
}

/* The row 1, 2, 3, 6: mean 3, squares 4 + 1 + 0 + 9 = 14. */
static void test_layernorm(void **state) {
    (void)state;
    const float x[4] = {1, 2, 3, 6}, weight[4] = {1, 2, 3, 4}, bias[4] = {0, 0, 5, 1};
    float y[4], mean, rstd;
    reference_layernorm(y, &mean, &rstd, x, NULL, NULL, 1, 4, 0, 0.5f);
    assert_near(mean, 3, 0);
    assert_near(rstd, 0.5, 1e-7); /* 14 / 4 + 0.5 = 4 */
    assert_all_near(y, (const float[]){-1, -0.5f, 0, 1.5f}, 4, 1e-7);

    reference_layernorm(y, &mean, &rstd, x, weight, bias, 1, 4, 1, 0.25f);
    const double inverse = 1 / sqrt(14.0 / 3 + 0.25);
    assert_near(rstd, inverse, 1e-7);
    assert_near(y[0], -2 * inverse, 1e-6);
    assert_near(y[1], -2 * inverse, 1e-6);
    assert_near(y[2], 5, 0);
    assert_near(y[3], 12 * inverse + 1, 1e-6);

    /* A single element, and a constant row, have no variance. */
    reference_layernorm(y, &mean, &rstd, x + 3, NULL, bias + 3, 1, 1, 1, 0.25f);
    assert_near(y[0], 1, 0);
    assert_near(rstd, 2, 1e-7);
}

static void test_gelu(void **state) {
    (void)state;
    const float x[6] = {0, 1, -1, 3, 40, -40};
    /* 1 Phi(1), and so on, from tables of the normal distribution. */
    const float expected[6] = {0, 0.841344746f, -0.158655254f, 2.995950306f, 40, 0};
    float y[6], dx[6];
    reference_gelu(y, x, 6);
    assert_all_near(y, expected, 6, 3e-7);
    reference_gelu_backward(dx, (const float[]){1, 1, 1, 2, 1, 1}, x, 6, 0);
    /* Phi(1) + phi(1) = 0.841344746 + 0.241970725; Phi(3) + 3 phi(3) = 0.998650102 + 0.013295545. */
    assert_all_near(dx, (const float[]){0.5f, 1.083315471f, -0.083315471f, 2 * 1.011945647f, 1, 0}, 6, 3e-7);
}

/* ---- softmax, attention, cross entropy ---- */

static void test_softmax(void **state) {
    (void)state;
    enum { ROWS = 20, WIDTH = 33 };
    static float x[ROWS * WIDTH], y[ROWS * WIDTH];
    fill_random(x, ROWS * WIDTH, -50, 50, 1);
    reference_softmax(y, x, ROWS, WIDTH);
    for (size_t r = 0; r < ROWS; r++) {
        double sum = 0;
        for (size_t i = 0; i < WIDTH; i++) {
            assert_true(y[r * WIDTH + i] >= 0);
            sum += y[r * WIDTH + i];
        }
        assert_near(sum, 1, 1e-6);
    }
    /* 1 : 2 : 5, where exp itself would overflow. */
    const float shifted[3] = {1000, 1000 + logf(2), 1000 + logf(5)};
    reference_softmax(y, shifted, 1, 3);
    assert_all_near(y, (const float[]){0.125f, 0.25f, 0.625f}, 3, 3e-5);
    reference_softmax(y, (const float[]){-INFINITY, 3}, 1, 2);
    assert_all_near(y, (const float[]){0, 1}, 2, 0);
}

/* Two keys with the scores 0 and log 3 have the weights 1/4 and 3/4. */
static void test_attention_by_hand(void **state) {
    (void)state;
    const float q[1] = {2}, k[2] = {0, 0.5f * logf(3)}, v[2] = {8, 16};
    float y, lse;
    reference_attention(&y, &lse, q, k, v, NULL, NULL, 1, 1, 1, 2, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0);
    assert_near(y, 14, 1e-5);
    assert_near(lse, log(4), 1e-6);
    /* Twice the scale: 1/10 and 9/10. */
    reference_attention(&y, &lse, q, k, v, NULL, NULL, 1, 1, 1, 2, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 2, 0);
    assert_near(y, 15.2, 1e-5);
}

/* Image 0 has no key at all, image 1 has one: y is 0 and lse 0, or y is that key's value. */
static void test_attention_masks(void **state) {
    (void)state;
    enum { TOKENS = 2, WIDTH = 2 };
    float q[2 * TOKENS * WIDTH], v[2 * TOKENS * WIDTH], y[2 * TOKENS * WIDTH], lse[2 * TOKENS];
    float dq[2 * TOKENS * WIDTH], dk[2 * TOKENS * WIDTH], dv[2 * TOKENS * WIDTH], delta[2 * TOKENS];
    const uint32_t lengths[2] = {0, 1};
    fill_random(q, COUNT(q), -1, 1, 2);
    fill_random(v, COUNT(v), -1, 1, 3);
    reference_attention(y, lse, q, q, v, lengths, NULL, 2, 1, TOKENS, TOKENS, WIDTH, WIDTH, 0, WIDTH, 0,
                        WIDTH, 0, 0, 0, 0, 1, 0);
    for (size_t i = 0; i < TOKENS; i++) {
        assert_true(lse[i] == 0);
        for (size_t d = 0; d < WIDTH; d++) {
            assert_true(y[i * WIDTH + d] == 0);
            assert_near(y[(TOKENS + i) * WIDTH + d], v[TOKENS * WIDTH + d], 1e-7);
        }
    }
    reference_attention_backward_query(dq, delta, v, y, lse, q, q, v, lengths, NULL, 2, 1, TOKENS, TOKENS,
                                       WIDTH, WIDTH, 0, WIDTH, 0, WIDTH, 0, 0, 0, 0, 1, 0);
    reference_attention_backward_key_value(dk, dv, v, delta, lse, q, q, v, lengths, NULL, 2, 1, TOKENS,
                                           TOKENS, WIDTH, WIDTH, 0, WIDTH, 0, WIDTH, 0, 0, 0, 0, 1, 0);
    for (size_t i = 0; i < COUNT(dq); i++) {
        assert_near(dq[i], 0, 1e-7); /* with one key, its weight is 1 whatever the query */
        if (i / WIDTH != TOKENS) {   /* of all keys, only the first of image 1 is seen */
            assert_true(dk[i] == 0 && dv[i] == 0);
        }
    }
    /* Causal: the first query sees the first key alone. */
    reference_attention(y, lse, q, q, v, NULL, NULL, 2, 1, TOKENS, TOKENS, WIDTH, WIDTH, 0, WIDTH, 0, WIDTH,
                        0, 1, 0, 0, 1, 0);
    assert_all_near(y, v, WIDTH, 1e-7);
}

/* With values that are unit vectors, y shows the weights: each is 0 or its softmax / (1 - dropout). */
static void test_attention_dropout(void **state) {
    (void)state;
    enum { TOKENS = 8, HEADS = 2, CELLS = 2 * HEADS * TOKENS * TOKENS };
    float q[2 * TOKENS * HEADS * TOKENS], v[2 * TOKENS * HEADS * TOKENS] = {0};
    float plain[CELLS], dropped[CELLS], uniform[CELLS], lse[2 * HEADS * TOKENS],
        lse_dropped[2 * HEADS * TOKENS];
    const size_t pitch = HEADS * TOKENS;
    const uint32_t random[3] = {4, 5, 6};
    fill_random(q, COUNT(q), -1, 1, 4);
    for (size_t row = 0; row < 2 * TOKENS; row++) {
        for (size_t h = 0; h < HEADS; h++) {
            v[row * pitch + h * TOKENS + row % TOKENS] = 1;
        }
    }
    reference_attention(plain, lse, q, q, v, NULL, NULL, 2, HEADS, TOKENS, TOKENS, TOKENS, pitch, 0, pitch, 0,
                        pitch, 0, 0, 7, 0, 1, 0.5f);
    reference_attention(dropped, lse_dropped, q, q, v, NULL, random, 2, HEADS, TOKENS, TOKENS, TOKENS, pitch,
                        0, pitch, 0, pitch, 0, 0, 7, 0, 1, 0.5f);
    reference_random_uniform(uniform, random, CELLS, 7);
    assert_memory_equal(lse, lse_dropped, sizeof lse);
    for (size_t i = 0; i < CELLS; i++) {
        const size_t j = i % TOKENS, h = i / TOKENS % HEADS, query = i / TOKENS / HEADS % TOKENS;
        const size_t b = i / TOKENS / HEADS / TOKENS;
        const size_t element = ((b * HEADS + h) * TOKENS + query) * TOKENS + j;
        assert_near(dropped[i], uniform[element] >= 0.5f ? 2 * plain[i] : 0, 1e-6);
    }
}

/* What lies between the heads of dq, dk and dv is not touched. */
static void test_attention_gaps(void **state) {
    (void)state;
    enum { TOKENS = 2, PITCH = 5 };
    float x[TOKENS * PITCH], y[TOKENS], lse[TOKENS], delta[TOKENS], dx[TOKENS * PITCH];
    fill_random(x, COUNT(x), -1, 1, 5);
    for (size_t i = 0; i < COUNT(dx); i++) {
        dx[i] = 77;
    }
    reference_attention(y, lse, x, x, x, NULL, NULL, 1, 1, TOKENS, TOKENS, 1, PITCH, 0, PITCH, 2, PITCH, 4, 0,
                        0, 0, 1, 0);
    reference_attention_backward_query(dx, delta, y, y, lse, x, x, x, NULL, NULL, 1, 1, TOKENS, TOKENS, 1,
                                       PITCH, 0, PITCH, 2, PITCH, 4, 0, 0, 0, 1, 0);
    reference_attention_backward_key_value(dx, dx, y, delta, lse, x, x, x, NULL, NULL, 1, 1, TOKENS, TOKENS,
                                           1, PITCH, 0, PITCH, 2, PITCH, 4, 0, 0, 0, 1, 0);
    for (size_t i = 0; i < COUNT(dx); i++) {
        assert_true((dx[i] == 77) == (i % PITCH == 1 || i % PITCH == 3));
    }
}

static void test_cross_entropy(void **state) {
    (void)state;
    /* Weights 1 : 3, equal weights, an ignored row, a target that is no class. */
    const float logits[8] = {0, logf(3), 7, 7, 1, 2, 3, 4}, dloss[4] = {2, 1, 1, 1};
    const uint32_t target[4] = {0, 1, 9, 2};
    float loss[4], lse[4], dlogits[8];
    reference_cross_entropy(loss, lse, logits, target, 4, 2, 9, 0.5f);
    assert_all_near(loss, (const float[]){0.5f * logf(4), 0.5f * logf(2), 0, 0}, 4, 1e-6);
    assert_near(lse[1], 7 + log(2), 1e-6);
    assert_near(lse[2], 2 + log1p(exp(-1)), 1e-6);
    reference_cross_entropy_backward(dlogits, dloss, logits, lse, target, 4, 2, 9, 0.5f);
    assert_all_near(dlogits, (const float[]){-0.75f, 0.75f, 0.25f, -0.25f, 0, 0, 0, 0}, 8, 1e-6);
    /* ignore may be a class. */
    reference_cross_entropy(loss, lse, logits, target, 4, 2, 1, 0.5f);
    assert_true(loss[1] == 0 && loss[0] > 0);
}

static void test_masked_mse(void **state) {
    (void)state;
    const float prediction[4] = {1, 2, 3, 4}, target[4] = {0, 4, 3, 1};
    const uint32_t removed[2] = {0, 2};
    float loss[2], gradient[4];
    reference_masked_mse(loss, prediction, target, NULL, 2, 2, 0.5f);
    assert_all_near(loss, (const float[]){2.5f, 4.5f}, 2, 0);
    reference_masked_mse(loss, prediction, target, removed, 2, 2, 0.5f);
    assert_all_near(loss, (const float[]){0, 4.5f}, 2, 0);
    reference_masked_mse_backward(gradient, (const float[]){1, 2}, prediction, target, removed, 2, 2, 0.5f);
    assert_all_near(gradient, (const float[]){0, 0, 0, 6}, 4, 0);
}

/* ---- erf.glsl, compiled as C: the error that spec/numerics.md states ---- */

static float erf_near(float z), erfc_far(float z), normal_distribution(float x), normal_density(float x);
#define abs fabsf
#define exp expf
#include "shaders/include/erf.glsl"
#undef abs
#undef exp

static void test_erf_polynomial(void **state) {
    (void)state;
    double erf_error = 0, phi_error = 0, gelu_error = 0;
    for (float z = 0; z < 3.92f; z += 1e-5f) {
        const float found = z < 1 ? erf_near(z) : 1 - erfc_far(z);
        erf_error = fmax(erf_error, fabs(found - erf((double)z)));
    }
    for (float x = -8; x < 8; x += 1.7e-5f) {
        const float phi = normal_distribution(x);
        const double expected = 0.5 * erfc(-x * M_SQRT1_2);
        phi_error = fmax(phi_error, fabs(phi - expected));
        gelu_error = fmax(gelu_error, fabs(x * phi - x * expected) / fabs((double)x));
        assert_true(phi >= 0 && phi <= 1);
    }
    assert_near(erf_error, 0, 9.2e-8);
    assert_near(phi_error, 0, 7.2e-8);
    assert_near(gelu_error, 0, 1.14e-7);
    assert_true(normal_distribution(INFINITY) == 1 && normal_distribution(-INFINITY) == 0);
    assert_true(isnan(normal_distribution(NAN)));
    assert_near(normal_density(1), 0.241970725, 1e-7);
}

/* ---- ctc: against the sum over all paths ---- */

enum { PATH_STEPS = 5, PATH_CLASSES = 3, PATH_BLANK = 0, PATH_PLACES = 4 };

/* Whether a path writes the label: equal neighbours drawn together, blanks out. */
static bool path_writes(const size_t *path, const uint32_t *label, size_t count) {
    size_t written = 0;
    for (size_t t = 0; t < PATH_STEPS; t++) {
        if (path[t] == PATH_BLANK || (t > 0 && path[t] == path[t - 1]))
            continue;
        if (written == count || label[written] != path[t])
            return false;
        written++;
    }
    return written == count;
}

/* Of all 3^5 paths; q gets the part of them that is at each class at each step. */
static double sum_of_paths(const float *logits, const uint32_t *label, size_t count, double *q) {
    double total = 0;
    for (size_t number = 0; number < 243; number++) {
        size_t path[PATH_STEPS], rest = number;
        double p = 1;
        for (size_t t = 0; t < PATH_STEPS; t++) {
            double sum = 0;
            path[t] = rest % PATH_CLASSES;
            rest /= PATH_CLASSES;
            for (size_t c = 0; c < PATH_CLASSES; c++)
                sum += exp((double)logits[t * PATH_CLASSES + c]);
            p *= exp((double)logits[t * PATH_CLASSES + path[t]]) / sum;
        }
        if (!path_writes(path, label, count))
            continue;
        total += p;
        for (size_t t = 0; t < PATH_STEPS; t++)
            q[t * PATH_CLASSES + path[t]] += p;
    }
    return total;
}

static void test_ctc(void **state) {
    (void)state;
    static const uint32_t labels[][PATH_PLACES] = {{1, 2, 1}, {2, 2}, {1}, {0}, {1, 1, 1}, {2, 2, 2}};
    static const uint32_t counts[] = {3, 2, 1, 0, 3, 3};
    enum { LOGITS = PATH_STEPS * PATH_CLASSES, STATES = 2 * PATH_PLACES - 1 };
    float logits[LOGITS], loss, likelihood, alpha[PATH_STEPS * STATES], lse[PATH_STEPS], dlogits[LOGITS];
    for (size_t i = 0; i < LOGITS; i++)
        logits[i] = (float)((i * 7) % 11) / 4 - 1;
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        const uint32_t length = counts[n] + 1;
        double q[LOGITS] = {0};
        const double total = sum_of_paths(logits, labels[n], counts[n], q);
        reference_ctc(&loss, &likelihood, alpha, lse, logits, labels[n], &length, 1, PATH_STEPS, PATH_CLASSES,
                      PATH_PLACES, PATH_BLANK, 0.5f);
        assert_true(fabs((double)loss + 0.5 * log(total)) < 1e-6);
        reference_ctc_backward(dlogits, (const float[]){2}, &likelihood, alpha, lse, logits, labels[n],
                               &length, 1, PATH_STEPS, PATH_CLASSES, PATH_PLACES, PATH_BLANK, 0.5f);
        for (size_t i = 0; i < LOGITS; i++) {
            const double p = exp((double)logits[i] - (double)lse[i / PATH_CLASSES]);
            assert_true(fabs((double)dlogits[i] - (p - q[i] / total)) < 1e-6);
        }
    }
    /* Three equal symbols and two blanks between them fit into five steps; what does not
     * fit counts nothing. */
    const uint32_t four[PATH_PLACES + 1] = {1, 1, 1, 1}, length = 5;
    float long_alpha[PATH_STEPS * (STATES + 2)];
    reference_ctc(&loss, &likelihood, long_alpha, lse, logits, four, &length, 1, PATH_STEPS, PATH_CLASSES,
                  PATH_PLACES + 1, PATH_BLANK, 1);
    assert_true(loss == 0 && likelihood < -1e29F);
    reference_ctc_backward(dlogits, (const float[]){2}, &likelihood, long_alpha, lse, logits, four, &length,
                           1, PATH_STEPS, PATH_CLASSES, PATH_PLACES + 1, PATH_BLANK, 1);
    for (size_t i = 0; i < LOGITS; i++)
        assert_true(dlogits[i] == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox_known_answers),
        cmocka_unit_test(test_random_uniform),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_layernorm),
        cmocka_unit_test(test_gelu),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_attention_by_hand),
        cmocka_unit_test(test_attention_masks),
        cmocka_unit_test(test_attention_dropout),
        cmocka_unit_test(test_attention_gaps),
        cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_ctc),
        cmocka_unit_test(test_masked_mse),
        cmocka_unit_test(test_erf_polynomial),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
