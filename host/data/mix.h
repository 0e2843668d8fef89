/* mix.h: how often an epoch shows the images of each source of a set. Inside the data room only.
 *
 * A source of n images with weight w = k + f, f < 1, is shown round(w n) times: all of it k times, and
 * round(f n) images of it, other ones each epoch, once more. So the places of an epoch are, source by source,
 * k copies and then a part; the loader takes them in random order.
 */
#ifndef MNSP_DATA_MIX_H
#define MNSP_DATA_MIX_H

#include "data/source.h"

struct data_mix;

/* Errors: STATUS_USAGE when an epoch has no place, or more than 2^32 - 1; STATUS_MEMORY. */
MNSP_NODISCARD enum status data_mix_open(struct data_mix **out, const struct data_set *set);
void data_mix_close(struct data_mix *mix);

/* The places of an epoch. */
uint32_t data_mix_count(const struct data_mix *mix);

/* Draws the parts that an epoch shows once more. */
void data_mix_begin(struct data_mix *mix, uint64_t seed, uint32_t epoch);

/* What is shown at a place: an item of the set, and which time in this epoch, from 0. */
struct data_mix_place {
    uint32_t item, copy;
};
struct data_mix_place data_mix_at(const struct data_mix *mix, uint32_t place);

#endif
