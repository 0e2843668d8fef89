/* inputs.h: numbers for inputs, from a counter-based generator: a case has the same inputs on every machine.
 */
#ifndef MNSP_CONFORMANCE_INPUTS_H
#define MNSP_CONFORMANCE_INPUTS_H

#include "base/philox.h"
#include "base/precision.h"

#include <stddef.h>
#include <stdint.h>

/* Whole numbers, -range .. range. */
void inputs_integers(float *out, size_t count, uint32_t range, struct philox *random);
/* Reals in [low, high). */
void inputs_reals(float *out, size_t count, float low, float high, struct philox *random);
/* Standard normal numbers. */
void inputs_normals(float *out, size_t count, struct philox *random);
/* Reals of both signs whose exponents are spread over 2^-range .. 2^range. */
void inputs_wide(float *out, size_t count, int range, struct philox *random);
/* Rows of exponents, three kinds in turn: such that their exponentials overflow or vanish; one that towers
 * above all others; all of them far below 0. */
void inputs_exponents(float *out, size_t rows, size_t width, struct philox *random);
/* About +-1000, the sign alternating. */
void inputs_cancelling(float *out, size_t count, struct philox *random);
/* The largest and the smallest numbers of 16 bits, those just beyond, and some that
 * have no such number near. */
void inputs_half_limits(float *out, size_t count, struct philox *random);
/* Numbers of a 16-bit format and those half way between two of them, just below and just above that; of
 * magnitudes 2^-26 .. 2^high, and, if asked for, about the largest number of the format. */
void inputs_between(float *out, size_t count, enum precision precision, int high, bool with_largest,
                    struct philox *random);
/* In turn below 2^-126, a little above, and within -2 .. 2. */
void inputs_denormals(float *out, size_t count, struct philox *random);
/* Any words. */
void inputs_words(uint32_t *out, size_t count, struct philox *random);
/* Whole numbers, 0 .. below - 1. */
void inputs_indices(uint32_t *out, size_t count, uint32_t below, struct philox *random);

#endif
