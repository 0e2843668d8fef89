/* softmax: y = exp(x) / sum of exp(x), over each row
 *
 * x, y (rows, width). The largest x of the row is taken out of every exponent against overflow; this changes
 * nothing but roundings. Source: Bridle, "Probabilistic interpretation of feedforward classification network
 * outputs", 1990.
 */
#include "reference/reference.h"

#include <math.h>

void reference_softmax(float *y, const float *x, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++) {
        double largest = -INFINITY, sum = 0;
        for (size_t i = 0; i < width; i++) {
            largest = fmax(largest, x[r * width + i]);
        }
        for (size_t i = 0; i < width; i++) {
            sum += exp(x[r * width + i] - largest);
        }
        for (size_t i = 0; i < width; i++) {
            y[r * width + i] = (float)(exp(x[r * width + i] - largest) / sum);
        }
    }
}
