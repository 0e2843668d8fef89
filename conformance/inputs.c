#include "conformance/inputs.h"

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

void inputs_words(uint32_t *out, size_t count, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next(random);
}

void inputs_indices(uint32_t *out, size_t count, uint32_t below, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = philox_next_below(random, below);
}
