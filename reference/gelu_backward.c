/* gelu_backward: dx = dy (Phi(x) + x phi(x)), phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
 *
 * Source: differentiating gelu, x Phi(x), with Phi' = phi.
 */
#include "reference/common.h"
#include "reference/reference.h"

void reference_gelu_backward(float *dx, const float *dy, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        dx[i] = (float)(dy[i] * (normal_distribution(x[i]) + x[i] * normal_density(x[i])));
    }
}
