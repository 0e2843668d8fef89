/* masked_mse: loss[r] = factor times the squared distance of prediction[r] to target[r]; 0 if not removed[r]
 *
 * prediction, target (rows, width); removed (rows), may be missing (every row counts); loss (rows). The
 * factor holds the division by all that counts, so that the rows' sum is the mean. Source: He et al., "Masked
 * autoencoders are scalable vision learners", CVPR 2022, section 3.
 */
#include "reference/reference.h"

void reference_masked_mse(float *loss, const float *prediction, const float *target, const uint32_t *removed,
                          size_t rows, size_t width, float factor) {
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t i = 0; i < width; i++) {
            const double difference = (double)prediction[r * width + i] - target[r * width + i];
            sum += difference * difference;
        }
        loss[r] = !removed || removed[r] ? (float)(factor * sum) : 0;
    }
}
