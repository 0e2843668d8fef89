/* matmul: c[b] = op(a[b]) op(b[b]) + bias + addend[b]
 *
 *     c[b, i, j] = bias[j] + addend[b, i, j] + sum over l of round(op(a)[b, i, l]) round(op(b)[b, l, j])
 *
 * a is (batch, m, k), or (batch, k, m) if transpose_a; b is (batch, k, n), or (batch, n, k) if transpose_b;
 * bias (n) and addend (batch, m, n), may be missing; c (batch, m, n). With k = 0, c is what is added (or 0).
 * round is that of `rounding` (base/precision.h).
 * Source: the definition of the product of matrices.
 */
#include "reference/reference.h"

#include "base/precision.h"

void reference_matmul(float *c, const float *a, const float *b, const float *bias, const float *addend,
                      size_t batch, size_t m, size_t n, size_t k, size_t transpose_a, size_t transpose_b,
                      size_t rounding) {
    for (size_t g = 0; g < batch; g++) {
        for (size_t i = 0; i < m; i++) {
            for (size_t j = 0; j < n; j++) {
                double sum = (bias ? (double)bias[j] : 0) + (addend ? addend[(g * m + i) * n + j] : 0);
                for (size_t l = 0; l < k; l++) {
                    const float left = transpose_a ? a[(g * k + l) * m + i] : a[(g * m + i) * k + l];
                    const float right = transpose_b ? b[(g * n + j) * k + l] : b[(g * k + l) * n + j];
                    sum += (double)precision_round(left, rounding) * precision_round(right, rounding);
                }
                c[(g * m + i) * n + j] = (float)sum;
            }
        }
    }
}
