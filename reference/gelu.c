/* gelu: y = x Phi(x), where Phi(x) = erfc(-x / sqrt 2) / 2 is the normal distribution
 *
 * The exact form, not the one with tanh. Source: Hendrycks, Gimpel, "Gaussian error linear units", 2016.
 */
#include "reference/reference.h"

#include <math.h>

void reference_gelu(float *y, const float *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[i] = (float)(0.5 * x[i] * erfc(-x[i] * M_SQRT1_2));
    }
}
