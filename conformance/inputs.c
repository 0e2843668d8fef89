#include "conformance/inputs.h"

#include "base/precision.h"

#include <math.h>

void inputs_integers(float *out, size_t count, uint32_t range, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = (float)philox_next_below(random, 2 * range + 1) - (float)range;
}

void inputs_reals(float *out, size_t count, float low, float high, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next_between(random, low, high);
}

void inputs_normals(float *out, size_t count, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next_normal(random);
}

void inputs_wide(float *out, size_t count, int range, struct philox *random) {
    for (size_t i = 0; i < count; i++) {
        const float sign = philox_next_below(random, 2) ? 1 : -1;
        out[i] = sign * exp2f(philox_next_between(random, (float)-range, (float)range));
    }
}

void inputs_exponents(float *out, size_t rows, size_t width, struct philox *random) {
    for (size_t r = 0; r < rows; r++) {
        float *const row = out + r * width;
        const float centre = r % 3 == 2 ? -1000 : 0;
        inputs_reals(row, width, centre - 150, centre + 150, random);
        if (r % 3 == 1)
            row[philox_next_below(random, (uint32_t)width)] = 400;
    }
}

void inputs_cancelling(float *out, size_t count, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = (i % 2 ? -1000.0F : 1000.0F) + 0.01F * philox_next_normal(random);
}

void inputs_half_limits(float *out, size_t count, struct philox *random) {
    static const float limits[] = {65504,    65519.99F,  65520,    65536,        70000,        2049, 0x1p-14F,
                                   0x1p-24F, 0x1.1p-25F, 0x1p-30F, 1 + 0x1p-11F, 1 - 0x1p-12F, 0.1F};
    enum { LIMITS = sizeof limits / sizeof limits[0] };
    for (size_t i = 0; i < count; i++) {
        const float sign = philox_next_below(random, 2) ? 1 : -1;
        out[i] = sign * limits[philox_next_below(random, LIMITS)];
    }
}

/* Half way from x, a number of the format, to the next one away from 0: a number of fp32. */
static float half_way(float x, enum precision precision) {
    if (precision == PRECISION_F16 && fabsf(x) < 0x1p-14F)
        return x + copysignf(0x1p-25F, x);
    const int fraction_bits = precision == PRECISION_F16 ? 10 : 7;
    int exponent;
    frexpf(x, &exponent);
    return x + copysignf(ldexpf(0.5F, exponent - 1 - fraction_bits), x);
}

void inputs_between(float *out, size_t count, enum precision precision, int high, bool with_largest,
                    struct philox *random) {
    const float largest = precision == PRECISION_F16 ? 65504 : 0x1.FEp127F;
    for (size_t i = 0; i < count; i++) {
        const float sign = philox_next_below(random, 2) ? 1 : -1;
        const float any = exp2f(philox_next_between(random, -26, (float)high));
        const bool is_largest = philox_next_below(random, 32) == 0 && with_largest;
        const float x = sign * (is_largest ? largest : precision_round(any, precision));
        const float middle = half_way(x, precision);
        const float choices[] = {x, middle, nextafterf(middle, 0), nextafterf(middle, sign * INFINITY)};
        out[i] = choices[philox_next_below(random, 4)];
    }
}

void inputs_denormals(float *out, size_t count, struct philox *random) {
    static const float ranges[] = {0x1p-126F, 0x1p-120F, 2};
    for (size_t i = 0; i < count; i++) {
        const float range = ranges[philox_next_below(random, 3)];
        out[i] = philox_next_between(random, -range, range);
    }
}

void inputs_words(uint32_t *out, size_t count, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next(random);
}

void inputs_indices(uint32_t *out, size_t count, uint32_t below, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next_below(random, below);
}
