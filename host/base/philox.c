#include "base/philox.h"

#include <math.h>

void philox_block(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]) {
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        const uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

uint32_t philox_word(uint64_t seed, uint32_t stream, uint32_t step, uint64_t element) {
    const uint64_t block = element / 4;
    const uint32_t counter[4] = {(uint32_t)block, stream, step, (uint32_t)(block >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    philox_block(out, counter, key);
    return out[element % 4];
}

float philox_uniform(uint64_t seed, uint32_t stream, uint32_t step, uint64_t element) {
    return (float)(philox_word(seed, stream, step, element) >> 8) * 0x1p-24f;
}

struct philox philox_start(uint64_t seed, uint32_t stream, uint32_t step, uint64_t first_element) {
    return (struct philox){.seed = seed, .stream = stream, .step = step, .element = first_element};
}

uint32_t philox_next(struct philox *state) {
    return philox_word(state->seed, state->stream, state->step, state->element++);
}

float philox_next_uniform(struct philox *state) {
    return philox_uniform(state->seed, state->stream, state->step, state->element++);
}

float philox_next_between(struct philox *state, float low, float high) {
    return low + (high - low) * philox_next_uniform(state);
}

float philox_next_normal(struct philox *state) {
    /* 1 - u lies in (0, 1], so that the logarithm is finite. */
    const double radius = sqrt(-2.0 * log(1.0 - (double)philox_next_uniform(state)));
    const double angle = 6.283185307179586 * (double)philox_next_uniform(state);
    return (float)(radius * cos(angle));
}

uint32_t philox_next_below(struct philox *state, uint32_t count) {
    return (uint32_t)(((uint64_t)philox_next(state) * count) >> 32);
}
