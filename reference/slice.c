/* slice: y[o] = the rows first .. first + count - 1 of x[o]
 *
 * x (outer, rows, width); y (outer, count, width).
 */
#include "reference/reference.h"

void reference_slice(float *y, const float *x, size_t outer, size_t rows, size_t first, size_t count,
                     size_t width) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t r = 0; r < count; r++) {
            for (size_t i = 0; i < width; i++) {
                y[(o * count + r) * width + i] = x[(o * rows + first + r) * width + i];
            }
        }
    }
}
