/* gelu_backward: dx = dy (Phi(r) + r phi(r)), phi(r) = exp(-r^2 / 2) / sqrt(2 pi), r = round(x)
 *
 * round is that of `rounding` (base/precision.h).
 * Source: differentiating gelu, x Phi(x), with Phi' = phi.
 */
#include "reference/common.h"
#include "reference/reference.h"

void reference_gelu_backward(float *dx, const float *dy, const float *x, size_t count, size_t rounding) {
    for (size_t i = 0; i < count; i++) {
        const float r = precision_round(x[i], rounding);
        dx[i] = (float)(dy[i] * (normal_distribution(r) + r * normal_density(r)));
    }
}
