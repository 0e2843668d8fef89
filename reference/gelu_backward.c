/* gelu_backward: dx = dy (Phi(x) + x phi(x)), phi(x) = exp(-x^2 / 2) / sqrt(2 pi)
 *
 * Source: differentiating gelu, x Phi(x), with Phi' = phi.
 */
#include "reference/reference.h"

#include <math.h>

void reference_gelu_backward(float *dx, const float *dy, const float *x, size_t count) {
    const double inverse_sqrt_two_pi = 0.5 * M_2_SQRTPI * M_SQRT1_2;
    for (size_t i = 0; i < count; i++) {
        const double distribution = 0.5 * erfc(-x[i] * M_SQRT1_2);
        const double density = inverse_sqrt_two_pi * exp(-0.5 * x[i] * x[i]);
        dx[i] = (float)(dy[i] * (distribution + x[i] * density));
    }
}
