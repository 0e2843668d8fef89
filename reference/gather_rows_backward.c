/* gather_rows_backward: dx[b, r] = sum of dy[b, i] over the i with index[b, i] = r
 *
 * dy (batch, count, width); index (batch, count); dx (batch, rows, width). A row never picked is 0.
 */
#include "reference/reference.h"

void reference_gather_rows_backward(float *dx, const float *dy, const uint32_t *index, size_t batch,
                                    size_t rows, size_t count, size_t width) {
    for (size_t b = 0; b < batch; b++) {
        for (size_t r = 0; r < rows; r++) {
            for (size_t d = 0; d < width; d++) {
                double sum = 0;
                for (size_t i = 0; i < count; i++) {
                    if (index[b * count + i] == r) {
                        sum += dy[(b * count + i) * width + d];
                    }
                }
                dx[(b * rows + r) * width + d] = (float)sum;
            }
        }
    }
}
