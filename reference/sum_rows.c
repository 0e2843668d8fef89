/* sum_rows: y[p] = sum of round(x[r]) over the rows r with r % period = p
 *
 * x (rows, width); y (period, width). The gradient of broadcast_rows, and of the table of add_rows; with
 * period 1 the gradient of a bias. round is that of `rounding` (base/precision.h).
 */
#include "reference/reference.h"

#include "base/precision.h"

void reference_sum_rows(float *y, const float *x, size_t rows, size_t width, size_t period, size_t rounding) {
    for (size_t p = 0; p < period; p++) {
        for (size_t i = 0; i < width; i++) {
            double sum = 0;
            for (size_t r = p; r < rows; r += period) {
                sum += precision_round(x[r * width + i], rounding);
            }
            y[p * width + i] = (float)sum;
        }
    }
}
