/* layernorm: each row to mean 0 and variance 1, then an affine map
 *
 *     mean = sum(x) / width
 *     variance = sum((x - mean)^2) / max(width - correction, 1)
 *     rstd = 1 / sqrt(variance + eps)
 *     y = (x - mean) rstd weight + bias
 *
 * x, y (rows, width); weight, bias (width), may be missing (1 and 0); mean, rstd (rows) are kept for the
 * gradient. Source: Ba, Kiros, Hinton, "Layer normalization", 2016, equations 3 and 4 (correction 0). With
 * correction 1 and no affine map it is the normalised pixels of He et al., "Masked autoencoders are scalable
 * vision learners", CVPR 2022, section 3.
 */
#include "reference/reference.h"

#include <math.h>

void reference_layernorm(float *y, float *mean, float *rstd, const float *x, const float *weight,
                         const float *bias, size_t rows, size_t width, size_t correction, float eps) {
    const double divisor = width > correction ? (double)(width - correction) : 1;
    for (size_t r = 0; r < rows; r++) {
        const float *row = x + r * width;
        double sum = 0;
        for (size_t i = 0; i < width; i++) {
            sum += row[i];
        }
        const double centre = sum / (double)width;
        double squares = 0;
        for (size_t i = 0; i < width; i++) {
            squares += (row[i] - centre) * (row[i] - centre);
        }
        const double inverse = 1 / sqrt(squares / divisor + (double)eps);
        for (size_t i = 0; i < width; i++) {
            const double normal = (row[i] - centre) * inverse;
            y[r * width + i] = (float)(normal * (weight ? weight[i] : 1) + (bias ? bias[i] : 0));
        }
        mean[r] = (float)centre;
        rstd[r] = (float)inverse;
    }
}
