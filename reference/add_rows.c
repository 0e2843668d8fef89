/* add_rows: y[r] = x[r] + table[first + r % period]
 *
 * x, y (rows, width); table (first + period or more, width): position embeddings, of which the first rows may
 * be skipped, added to every image of a batch.
 */
#include "reference/reference.h"

void reference_add_rows(float *y, const float *x, const float *table, size_t rows, size_t width,
                        size_t period, size_t first) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < width; i++) {
            y[r * width + i] = x[r * width + i] + table[(first + r % period) * width + i];
        }
    }
}
