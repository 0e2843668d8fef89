/* sum_rows: y[p] = sum of x[r] over the rows r with r % period = p
 *
 * x (rows, width); y (period, width). The gradient of broadcast_rows, and of the table of add_rows; with
 * period 1 the gradient of a bias.
 */
#include "reference/reference.h"

void reference_sum_rows(float *y, const float *x, size_t rows, size_t width, size_t period) {
    for (size_t p = 0; p < period; p++) {
        for (size_t i = 0; i < width; i++) {
            double sum = 0;
            for (size_t r = p; r < rows; r += period) {
                sum += x[r * width + i];
            }
            y[p * width + i] = (float)sum;
        }
    }
}
