/* slice_backward: dx[o] has dy[o] in the rows first .. first + count - 1, and 0 in the others
 *
 * dy (outer, count, width); dx (outer, rows, width).
 */
#include "reference/reference.h"

void reference_slice_backward(float *dx, const float *dy, size_t outer, size_t rows, size_t first,
                              size_t count, size_t width) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t r = 0; r < rows; r++) {
            const int inside = r >= first && r < first + count;
            for (size_t i = 0; i < width; i++) {
                dx[(o * rows + r) * width + i] = inside ? dy[(o * count + r - first) * width + i] : 0;
            }
        }
    }
}
