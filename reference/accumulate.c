/* accumulate: sum = (0 if part[0] = 0, else sum) + factor x, a whole that is added up part by part
 *
 * sum, x (count); part (1). Source: definition.
 */
#include "reference/reference.h"

void reference_accumulate(float *sum, const float *x, const uint32_t *part, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) {
        const double before = part[0] == 0 ? 0 : (double)sum[i];
        sum[i] = (float)(before + (double)factor * x[i]);
    }
}
