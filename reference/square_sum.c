/* square_sum: partial[i] = sum of the squares of part i of x
 *
 * x (count) is cut into `parts` parts of ceil(count / parts) elements; the last ones may be shorter or empty
 * (sum 0). partial (parts).
 */
#include "reference/reference.h"

void reference_square_sum(float *partial, const float *x, size_t count, size_t parts) {
    const size_t length = (count + parts - 1) / parts;
    for (size_t part = 0; part < parts; part++) {
        double sum = 0;
        for (size_t i = part * length; i < (part + 1) * length && i < count; i++) {
            sum += (double)x[i] * x[i];
        }
        partial[part] = (float)sum;
    }
}
