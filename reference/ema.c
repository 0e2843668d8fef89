/* ema: average = momentum average + (1 - momentum) source, the moving average of a teacher's weights
 *
 * average, source (count). Where finite of control = {norm, factor, finite, ...} is 0, nothing changes.
 * Source: Tarvainen, Valpola, "Mean teachers are better role models", NIPS 2017, equation 1.
 */
#include "reference/reference.h"

void reference_ema(float *average, const float *source, const float *control, size_t count, float momentum) {
    if (control && control[2] == 0) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        average[i] = (float)((double)momentum * average[i] + (1 - (double)momentum) * source[i]);
    }
}
