#include "data/shuffle.h"

#include "base/philox.h"

void data_shuffle(uint32_t *order, uint32_t count, uint64_t seed, uint32_t epoch) {
    struct philox random = philox_start(seed, PHILOX_STREAM_SHUFFLE, epoch, 0);
    for (uint32_t i = 0; i < count; i++) {
        /* Inside out: position i takes what lies at j, and j takes i. */
        const uint32_t j = philox_next_below(&random, i + 1);
        order[i] = order[j];
        order[j] = i;
    }
}
