/* ema: average = momentum average + (1 - momentum) source, the moving average of a teacher's weights
 *
 * average, source (count). Source: Tarvainen, Valpola, "Mean teachers are better role models", NIPS 2017,
 * equation 1.
 */
#include "reference/reference.h"

void reference_ema(float *average, const float *source, size_t count, float momentum) {
    for (size_t i = 0; i < count; i++) {
        average[i] = (float)((double)momentum * average[i] + (1 - (double)momentum) * source[i]);
    }
}
