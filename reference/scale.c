/* scale: y = factor x, element by element */
#include "reference/reference.h"

void reference_scale(float *y, const float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) {
        y[i] = factor * x[i];
    }
}
