/* softmax_backward: dx = y (dy - sum of dy y), over each row
 *
 * dx, dy, y (rows, width); y is what softmax gave. Source: differentiating softmax, dy[i]/dx[j] =
 * y[i] (1 if i = j, else 0) - y[i] y[j].
 */
#include "reference/reference.h"

void reference_softmax_backward(float *dx, const float *dy, const float *y, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++) {
        double sum = 0;
        for (size_t i = 0; i < width; i++) {
            sum += (double)dy[r * width + i] * y[r * width + i];
        }
        for (size_t i = 0; i < width; i++) {
            dx[r * width + i] = (float)(y[r * width + i] * (dy[r * width + i] - sum));
        }
    }
}
