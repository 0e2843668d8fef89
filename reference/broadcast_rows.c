/* broadcast_rows: y[r] = table[r % period]
 *
 * table (period, width); y (rows, width). With period 1, one token for every image.
 */
#include "reference/reference.h"

void reference_broadcast_rows(float *y, const float *table, size_t rows, size_t width, size_t period) {
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < width; i++) {
            y[r * width + i] = table[r % period * width + i];
        }
    }
}
