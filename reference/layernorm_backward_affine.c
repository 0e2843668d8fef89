/* layernorm_backward_affine: gradients of layernorm towards weight and bias
 *
 *     dweight[i] = sum over r of dy[r, i] (x[r, i] - mean[r]) rstd[r]
 *     dbias[i] = sum over r of dy[r, i]
 *
 * dy, x (rows, width); mean, rstd (rows) as layernorm left them; dweight, dbias (width).
 * Source: differentiating y = n weight + bias.
 */
#include "reference/reference.h"

void reference_layernorm_backward_affine(float *dweight, float *dbias, const float *dy, const float *x,
                                         const float *mean, const float *rstd, size_t rows, size_t width) {
    for (size_t i = 0; i < width; i++) {
        double weight = 0, bias = 0;
        for (size_t r = 0; r < rows; r++) {
            const double normal = ((double)x[r * width + i] - mean[r]) * rstd[r];
            weight += dy[r * width + i] * normal;
            bias += dy[r * width + i];
        }
        dweight[i] = (float)weight;
        dbias[i] = (float)bias;
    }
}
