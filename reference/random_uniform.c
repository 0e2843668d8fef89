/* random_uniform: y[i] = the uniform number in [0, 1) of element i in (seed, stream, step)
 *
 * random = {seed's low word, seed's high word, step}. Source: spec/numerics.md, "Random numbers".
 */
#include "reference/common.h"
#include "reference/reference.h"

void reference_random_uniform(float *y, const uint32_t *random, size_t count, size_t stream) {
    for (size_t i = 0; i < count; i++) {
        y[i] = random_of_element(random, stream, i);
    }
}
