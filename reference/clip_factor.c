/* clip_factor: control = {norm, factor, finite, correction1, correction2}, from the parts of
 * the sum of squared gradients
 *
 *     norm = sqrt(sum of partial) / scale
 *     factor = min(1, limit / (norm + 1e-6)) / scale if limit > 0, else 1 / scale
 *     finite = 1 if norm is finite, else 0
 *     correction = 1 - beta^(applied + 1)
 *
 * partial (count); scaler = {scale, good, applied, skipped} of loss_scale, before this step; limit 0 means no
 * limit. The sum is an fp32 number: beyond its range it is infinite. Source: Pascanu, Mikolov, Bengio, "On
 * the difficulty of training recurrent neural networks", ICML 2013, algorithm 1; the 1e-6 is PyTorch's
 * clip_grad_norm_, whose results this gives. The corrections are Adam's.
 */
#include "reference/reference.h"

#include <math.h>

void reference_clip_factor(float *control, const float *partial, const float *scaler, size_t count,
                           float limit, float beta1, float beta2) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += partial[i];
    }
    const double scale = scaler[0], t = round(scaler[2]) + 1;
    const double norm = sqrt((float)sum) / scale;
    control[0] = (float)norm;
    control[1] = (float)((limit > 0 && norm + 1e-6 > limit ? limit / (norm + 1e-6) : 1) / scale);
    control[2] = isfinite(norm) ? 1 : 0;
    control[3] = (float)(1 - pow(beta1, t));
    control[4] = (float)(1 - pow(beta2, t));
}
