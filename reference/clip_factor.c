/* clip_factor: control = {norm, factor, finite}, from the parts of the sum of squared gradients
 *
 *     norm = sqrt(sum of partial)
 *     factor = min(1, limit / (norm + 1e-6)) if limit > 0, else 1
 *     finite = 1 if norm is finite, else 0
 *
 * partial (count); limit 0 means no limit. The sum is an fp32 number: beyond its range it is infinite.
 * Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
 * algorithm 1; the 1e-6 is PyTorch's clip_grad_norm_, whose results this gives.
 */
#include "reference/reference.h"

#include <math.h>

void reference_clip_factor(float *control, const float *partial, size_t count, float limit) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += partial[i];
    }
    const double norm = sqrt((float)sum);
    control[0] = (float)norm;
    control[1] = limit > 0 && norm + 1e-6 > limit ? (float)(limit / (norm + 1e-6)) : 1;
    control[2] = isfinite(norm) ? 1 : 0;
}
