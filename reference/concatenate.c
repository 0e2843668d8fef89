/* concatenate: y[o] = the rows of a[o], then the rows of b[o]
 *
 * a (outer, a_rows, width); b (outer, b_rows, width); y (outer, a_rows + b_rows, width).
 */
#include "reference/reference.h"

void reference_concatenate(float *y, const float *a, const float *b, size_t outer, size_t a_rows,
                           size_t b_rows, size_t width) {
    for (size_t o = 0; o < outer; o++) {
        for (size_t r = 0; r < a_rows + b_rows; r++) {
            const float *row =
                r < a_rows ? a + (o * a_rows + r) * width : b + (o * b_rows + r - a_rows) * width;
            for (size_t i = 0; i < width; i++) {
                y[(o * (a_rows + b_rows) + r) * width + i] = row[i];
            }
        }
    }
}
