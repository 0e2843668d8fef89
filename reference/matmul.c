/* matmul: c[b] = op(a[b]) op(b[b]) + bias, and what may be done to that before it is stored
 *
 *     s = bias[j] + sum over l of round(op(a)[b, i, l]) round(op(b)[b, l, j])
 *     pre[b, i, j] = s, if it is wanted
 *     if gelu = 1:      s = s Phi(s)
 *     if random:        s = dropout(s), of the element's number in c
 *     if gelu = 2:      s = s (Phi(x) + x phi(x)), x = round(at[b, i, j]): the gradient of gelu
 *     c[b, i, j] = s + addend[b, i, j]
 *
 * a is (batch, m, k), or (batch, k, m) if transpose_a; b is (batch, k, n), or (batch, n, k) if transpose_b;
 * bias (n), at, addend and pre (batch, m, n) may be missing; c (batch, m, n). With k = 0, the sum is 0.
 * round is that of `rounding` (base/precision.h).
 * Source: the definition of the product of matrices; gelu.c, gelu_backward.c and dropout.c.
 */
#include "reference/common.h"
#include "reference/reference.h"

#include "base/precision.h"

void reference_matmul(float *c, float *pre, const float *a, const float *b, const float *bias,
                      const uint32_t *random, const float *at, const float *addend, size_t batch, size_t m,
                      size_t n, size_t k, size_t transpose_a, size_t transpose_b, size_t rounding,
                      size_t gelu, size_t stream, float rate) {
    for (size_t g = 0; g < batch; g++) {
        for (size_t i = 0; i < m; i++) {
            for (size_t j = 0; j < n; j++) {
                const size_t element = (g * m + i) * n + j;
                double s = bias ? bias[j] : 0;
                for (size_t l = 0; l < k; l++) {
                    const float left = transpose_a ? a[(g * k + l) * m + i] : a[(g * m + i) * k + l];
                    const float right = transpose_b ? b[(g * n + j) * k + l] : b[(g * k + l) * n + j];
                    s += (double)precision_round(left, rounding) * precision_round(right, rounding);
                }
                if (pre) {
                    pre[element] = (float)s;
                }
                if (gelu == 1) {
                    s *= normal_distribution(s);
                }
                const double factor = dropout_factor(random, stream, element, rate);
                s = factor == 0 ? 0 : factor * s;
                if (gelu == 2) {
                    const float x = precision_round(at[element], rounding);
                    s *= normal_distribution(x) + x * normal_density(x);
                }
                c[element] = (float)(s + (addend ? addend[element] : 0));
            }
        }
    }
}

void reference_product(float *c, const float *a, const float *b, const float *bias, size_t batch, size_t m,
                       size_t n, size_t k, size_t transpose_a, size_t transpose_b) {
    reference_matmul(c, NULL, a, b, bias, NULL, NULL, NULL, batch, m, n, k, transpose_a, transpose_b,
                     PRECISION_F32, 0, 0, 0);
}
