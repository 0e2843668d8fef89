/* gelu: y = x Phi(x), where Phi(x) = erfc(-x / sqrt 2) / 2 is the normal distribution
 *
 * The exact form, not the one with tanh. Source: Hendrycks, Gimpel, "Gaussian error linear units", 2016.
 */
#include "reference/common.h"
#include "reference/reference.h"

void reference_gelu(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[i] = (float)(x[i] * normal_distribution(x[i]));
    }
}
