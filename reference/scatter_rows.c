/* scatter_rows: y[b, index[b, i]] = x[b, i], unless the index is not below rows
 *
 * x (batch, count, width); index (batch, count); y (batch, rows, width), of which the other rows stay as they
 * are. No two indices of one b that are below rows are equal.
 */
#include "reference/reference.h"

void reference_scatter_rows(float *y, const float *x, const uint32_t *index, size_t batch, size_t rows,
                            size_t count, size_t width) {
    for (size_t b = 0; b < batch; b++) {
        for (size_t i = 0; i < count; i++) {
            const size_t row = index[b * count + i];
            for (size_t d = 0; d < width && row < rows; d++) {
                y[(b * rows + row) * width + d] = x[(b * count + i) * width + d];
            }
        }
    }
}
