/* gather_rows: y[b, i] = x[b, index[b, i]], or a row of 0 where the index is not below rows
 *
 * x (batch, rows, width); index (batch, count); y (batch, count, width). With batch 1 it looks characters up
 * in an embedding; with the indices of mask_tokens it picks the kept tokens, and puts tokens back in place.
 */
#include "reference/reference.h"

void reference_gather_rows(float *y, const float *x, const uint32_t *index, size_t batch, size_t rows,
                           size_t count, size_t width) {
    for (size_t b = 0; b < batch; b++) {
        for (size_t i = 0; i < count; i++) {
            const size_t row = index[b * count + i];
            for (size_t d = 0; d < width; d++) {
                y[(b * count + i) * width + d] = row < rows ? x[(b * rows + row) * width + d] : 0;
            }
        }
    }
}
