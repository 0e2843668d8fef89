/* cross_entropy: loss[r] = factor (lse[r] - logits[r, target[r]]), lse[r] = log sum of exp(logits[r])
 *
 * logits (rows, classes); target (rows); loss, lse (rows). A row whose target is `ignore`, or no class at all
 * (target >= classes), has loss 0; its lse is computed all the same.
 * Source: the negative logarithm of the softmax at the target.
 */
#include "reference/reference.h"

#include <math.h>

void reference_cross_entropy(float *loss, float *lse, const float *logits, const uint32_t *target,
                             size_t rows, size_t classes, size_t ignore, float factor) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = logits + r * classes;
        double largest = -INFINITY, sum = 0;
        for (size_t c = 0; c < classes; c++) {
            largest = fmax(largest, row[c]);
        }
        for (size_t c = 0; c < classes; c++) {
            sum += exp(row[c] - largest);
        }
        const double log_sum = largest + log(sum);
        const int counts = target[r] != ignore && target[r] < classes;
        loss[r] = counts ? (float)(factor * (log_sum - row[target[r]])) : 0;
        lse[r] = (float)log_sum;
    }
}
