/* shuffle.h: the order of an epoch. Inside the data room only. */
#ifndef MNSP_DATA_SHUFFLE_H
#define MNSP_DATA_SHUFFLE_H

#include <stdint.h>

/* Writes a permutation of 0 .. count - 1 to order (count): Fisher and Yates, drawing from Philox with key
 * `seed`, stream PHILOX_STREAM_SHUFFLE and step `epoch`. */
void data_shuffle(uint32_t *order, uint32_t count, uint64_t seed, uint32_t epoch);

#endif
