/* dropout: y[i] = x[i] / (1 - rate) if u(i) >= rate, else 0
 *
 * u(i) is the uniform number of element i in (seed, stream, step); random = {seed's low word, seed's high
 * word, step}. It is linear in x, so it is its own gradient. rate in [0, 1); 0 copies. Source: Srivastava et
 * al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014, with the division at
 * training time ("inverted dropout").
 */
#include "reference/common.h"
#include "reference/reference.h"

void reference_dropout(float *y, const float *x, const uint32_t *random, size_t count, size_t stream,
                       float rate) {
    for (size_t i = 0; i < count; i++) {
        const double factor = dropout_factor(random, stream, i, rate);
        y[i] = factor == 0 ? 0 : (float)(factor * x[i]);
    }
}
