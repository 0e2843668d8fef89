/* top_k: the `count` largest elements of each row and their columns, in falling order
 *
 * x (rows, width); value, index (rows, count); count <= width. Of equal elements the one in the lower column
 * comes first; a NaN counts as +infinity.
 */
#include "reference/reference.h"

#include <math.h>
#include <stdbool.h>

/* Whether column i of a row comes before column j. */
static bool before(const float *row, size_t i, size_t j) {
    const float a = isnan(row[i]) ? INFINITY : row[i], b = isnan(row[j]) ? INFINITY : row[j];
    return a > b || (a == b && i < j);
}

void reference_top_k(float *value, uint32_t *index, const float *x, size_t rows, size_t width, size_t count) {
    for (size_t r = 0; r < rows; r++) {
        const float *const row = x + r * width;
        size_t last = width; /* none yet */
        for (size_t j = 0; j < count; j++) {
            size_t next = width;
            for (size_t i = 0; i < width; i++) {
                if ((last == width || before(row, last, i)) && (next == width || before(row, i, next))) {
                    next = i;
                }
            }
            index[r * count + j] = (uint32_t)next;
            value[r * count + j] = row[next];
            last = next;
        }
    }
}
