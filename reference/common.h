/* common.h: what several reference functions share. Private to reference/.
 *
 * Random numbers follow spec/numerics.md, the rest the sections gelu, dropout and
 * attention of spec/operators.md.
 */
#ifndef MNSP_REFERENCE_COMMON_H
#define MNSP_REFERENCE_COMMON_H

#include "base/philox.h"
#include "base/precision.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* The uniform number in [0, 1) of an element; random = {seed's low word, seed's high word, step}. */
static inline float random_of_element(const uint32_t *random, size_t stream, size_t element) {
    const uint64_t seed = (uint64_t)random[1] << 32 | random[0];
    return philox_uniform(seed, (uint32_t)stream, random[2], element);
}

/* What dropout multiplies an element by: 0, or 1 / (1 - rate) when it is kept. Without random numbers: 1. */
static inline double dropout_factor(const uint32_t *random, size_t stream, size_t element, float rate) {
    if (!random || rate == 0) {
        return 1;
    }
    return random_of_element(random, stream, element) >= rate ? 1 / (1 - (double)rate) : 0;
}

/* Phi(x) = erfc(-x / sqrt 2) / 2, the normal distribution. */
static inline double normal_distribution(double x) {
    return 0.5 * erfc(-x * M_SQRT1_2);
}

/* phi(x) = exp(-x^2 / 2) / sqrt(2 pi), its derivative. */
static inline double normal_density(double x) {
    return 0.5 * M_2_SQRTPI * M_SQRT1_2 * exp(-0.5 * x * x);
}

/* How many keys query `query` of image `batch` sees: they are the first ones. */
static inline size_t visible_keys(const uint32_t *lengths, size_t causal, size_t batch, size_t query,
                                  size_t keys) {
    size_t visible = keys;
    if (lengths && lengths[batch] < visible) {
        visible = lengths[batch];
    }
    if (causal && query + 1 < visible) {
        visible = query + 1;
    }
    return visible;
}

/* The dot product of two rows whose elements are rounded. */
static inline double dot(const float *a, const float *b, size_t width, enum precision rounding) {
    double sum = 0;
    for (size_t d = 0; d < width; d++) {
        sum += (double)precision_round(a[d], rounding) * precision_round(b[d], rounding);
    }
    return sum;
}

/* A computed factor of a product, rounded. */
static inline double round_factor(double x, enum precision rounding) {
    return rounding == PRECISION_F32 ? x : (double)precision_round((float)x, rounding);
}

#endif
