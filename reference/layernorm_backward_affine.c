/* layernorm_backward_affine: gradients of layernorm towards weight and bias
 *
 *     dweight[i] = sum over r of round(dy[r, i]) (x[r, i] - mean[r]) rstd[r]
 *     dbias[i] = sum over r of round(dy[r, i])
 *
 * dy, x (rows, width); mean, rstd (rows) as layernorm left them; dweight, dbias (width).
 * round is that of `rounding` (base/precision.h). Source: differentiating y = n weight + bias.
 */
#include "reference/reference.h"

#include "base/precision.h"

void reference_layernorm_backward_affine(float *dweight, float *dbias, const float *dy, const float *x,
                                         const float *mean, const float *rstd, size_t rows, size_t width,
                                         size_t rounding) {
    for (size_t i = 0; i < width; i++) {
        double weight = 0, bias = 0;
        for (size_t r = 0; r < rows; r++) {
            const double normal = ((double)x[r * width + i] - mean[r]) * rstd[r];
            const double g = precision_round(dy[r * width + i], rounding);
            weight += g * normal;
            bias += g;
        }
        dweight[i] = (float)weight;
        dbias[i] = (float)bias;
    }
}
