/* layernorm_backward: gradient of layernorm towards x
 *
 *     n = (x - mean) rstd,    g = round(dy) weight
 *     dx = rstd (g - sum(g) / width - n sum(g n) / max(width - correction, 1)) + addend
 *
 * dx, dy, x (rows, width); mean, rstd (rows) as layernorm left them; weight (width), may be missing (1);
 * addend (rows, width), may be missing (0). round is that of `rounding` (base/precision.h).
 * Source: differentiating layernorm, with d mean / dx = 1 / width and
 * d variance / dx = 2 (x - mean) / max(width - correction, 1).
 */
#include "reference/reference.h"

#include "base/precision.h"

void reference_layernorm_backward(float *dx, const float *dy, const float *x, const float *mean,
                                  const float *rstd, const float *weight, const float *addend, size_t rows,
                                  size_t width, size_t correction, size_t rounding) {
    const double divisor = width > correction ? (double)(width - correction) : 1;
    for (size_t r = 0; r < rows; r++) {
        double sum = 0, product = 0;
        for (size_t i = 0; i < width; i++) {
            const double normal = ((double)x[r * width + i] - mean[r]) * rstd[r];
            const double g = (double)precision_round(dy[r * width + i], rounding) * (weight ? weight[i] : 1);
            sum += g;
            product += g * normal;
        }
        for (size_t i = 0; i < width; i++) {
            const double normal = ((double)x[r * width + i] - mean[r]) * rstd[r];
            const double g = (double)precision_round(dy[r * width + i], rounding) * (weight ? weight[i] : 1);
            const double other = addend ? addend[r * width + i] : 0;
            dx[r * width + i] =
                (float)(rstd[r] * (g - sum / (double)width - normal * product / divisor) + other);
        }
    }
}
