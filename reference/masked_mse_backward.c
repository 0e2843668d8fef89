/* masked_mse_backward: dprediction = 2 factor dloss[r] (prediction - target); 0 in rows not removed
 *
 * dloss (rows); prediction, target, dprediction (rows, width); removed (rows), may be missing.
 * Source: differentiating masked_mse.
 */
#include "reference/reference.h"

void reference_masked_mse_backward(float *dprediction, const float *dloss, const float *prediction,
                                   const float *target, const uint32_t *removed, size_t rows, size_t width,
                                   float factor) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < width; i++) {
            const double difference = (double)prediction[r * width + i] - target[r * width + i];
            dprediction[r * width + i] =
                !removed || removed[r] ? (float)(2.0 * factor * dloss[r] * difference) : 0;
        }
    }
}
