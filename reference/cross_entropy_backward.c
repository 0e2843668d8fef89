/* cross_entropy_backward: dlogits = factor dloss[r] (exp(logits - lse[r]) - (1 at the target, else 0))
 *
 * dloss, lse, target (rows); logits, dlogits (rows, classes). Rows that cross_entropy does not count are 0.
 * Source: differentiating cross_entropy.
 */
#include "reference/reference.h"

#include <math.h>

void reference_cross_entropy_backward(float *dlogits, const float *dloss, const float *logits,
                                      const float *lse, const uint32_t *target, size_t rows, size_t classes,
                                      size_t ignore, float factor) {
    for (size_t r = 0; r < rows; r++) {
        const int counts = target[r] != ignore && target[r] < classes;
        for (size_t c = 0; c < classes; c++) {
            const double p = exp((double)logits[r * classes + c] - lse[r]);
            const double difference = p - (c == target[r]);
            dlogits[r * classes + c] = counts ? (float)((double)factor * dloss[r] * difference) : 0;
        }
    }
}
