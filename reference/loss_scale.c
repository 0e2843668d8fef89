/* loss_scale: counts a step, and sets the factor of the loss for the next one
 *
 *     finite:      applied + 1, good + 1; after `period` good ones in a row, scale * 2, at most 2^30
 *     not finite:  skipped + 1, good = 0, scale / 2, at least 1
 *
 * scaler = {scale, good, applied, skipped}, scale a power of two; control = {norm, factor, finite, ...}
 * of clip_factor. period 0 keeps the scale as it is. Source: Micikevicius et al., "Mixed precision
 * training", ICLR 2018, section 3.2.
 */
#include "reference/reference.h"

#include <math.h>

void reference_loss_scale(float *scaler, const float *control, size_t period) {
    if (control[2] != 0) {
        scaler[1] += 1;
        scaler[2] += 1;
    } else {
        scaler[1] = 0;
        scaler[3] += 1;
    }
    if (period > 0 && control[2] == 0) {
        scaler[0] = fmaxf(scaler[0] / 2, 1);
    } else if (period > 0 && scaler[1] >= (float)period) {
        scaler[0] = fminf(scaler[0] * 2, 0x1p30F);
        scaler[1] = 0;
    }
}
