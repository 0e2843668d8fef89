/* philox.h: the counter-based random numbers of mnsp, Philox 4x32-10.
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Keyed as
 * spec/numerics.md says: key = seed, counter = (element / 4, stream, step, element's high word), and
 * element i takes word i % 4 of its block. The same bits come out of shaders/include/philox.glsl.
 *
 * Streams 0 .. 0xFFFF belong to the operators of a graph; the others are listed below.
 */
#ifndef MNSP_BASE_PHILOX_H
#define MNSP_BASE_PHILOX_H

#include <stdint.h>

enum philox_stream {
    PHILOX_STREAM_INITIAL = 0x10000, /* initial weights; step = hash of the parameter's name */
    PHILOX_STREAM_SHUFFLE = 0x20000, /* order of a data set; step = epoch */
    PHILOX_STREAM_AUGMENT = 0x30000, /* augmentation; step = epoch, element counts from image index * 2^16 */
    PHILOX_STREAM_RENDER = 0x40000,  /* rendered words; step = word index */
    PHILOX_STREAM_TEST = 0x50000,    /* test data */
    PHILOX_STREAM_PREVIEW = 0x60000, /* masks of a run's pictures */
    PHILOX_STREAM_SPLIT = 0x70000,   /* parts of a split; element = hash of the image's bytes */
};

/* One block: four words for a counter and a key. */
void philox_block(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

/* The word of element `element` in (seed, stream, step). */
uint32_t philox_word(uint64_t seed, uint32_t stream, uint32_t step, uint64_t element);

/* The same as a float in [0, 1): the upper 24 bits times 2^-24, exactly representable. */
float philox_uniform(uint64_t seed, uint32_t stream, uint32_t step, uint64_t element);

/* A cursor over one (seed, stream, step), for host code that draws as it goes. */
struct philox {
    uint64_t seed;
    uint32_t stream, step;
    uint64_t element;
};

struct philox philox_start(uint64_t seed, uint32_t stream, uint32_t step, uint64_t first_element);
uint32_t philox_next(struct philox *state);
float philox_next_uniform(struct philox *state);
/* Uniform in [low, high). */
float philox_next_between(struct philox *state, float low, float high);
/* Standard normal, by Box and Muller from two words. */
float philox_next_normal(struct philox *state);
/* Uniform in 0 .. count - 1, by multiplication and shift: the bias is below count / 2^32. */
uint32_t philox_next_below(struct philox *state, uint32_t count);

#endif
