/* precision.h: numbers of 16 bits, as products take them (spec/numerics.md, "Products of 16-bit numbers").
 *
 *     precision_round(1.0F + 0x1p-12F, PRECISION_F16) == 1.0F
 *
 * Everything is integer arithmetic on the bits, and depends on no mode of the processor.
 */
#ifndef MNSP_BASE_PRECISION_H
#define MNSP_BASE_PRECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What the factors of a product are rounded to; the numbers are those of the argument `rounding` in
 * spec/operators.def. */
enum precision {
    PRECISION_F32,  /* they are not */
    PRECISION_F16,  /* IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits */
    PRECISION_BF16, /* the upper half of binary32: 1, 8 and 7 */
    PRECISION_COUNT
};

/* "f32", "f16", "bf16" */
const char *precision_name(enum precision precision);

/* The precision of that name; false when there is none. */
bool precision_by_name(enum precision *out, const char *name);

/* value / 2^shift to the nearest integer, a tie to the even one; shift >= 1. */
static inline uint32_t precision_divide(uint32_t value, uint32_t shift) {
    return (value + (1u << (shift - 1)) - 1 + (value >> shift & 1u)) >> shift;
}

/* The 16 bits nearest to x, a tie to the even one: gradual underflow, infinity from half a unit beyond the
 * largest number on, NaN stays NaN. For PRECISION_F16 and PRECISION_BF16. */
static inline uint16_t precision_narrow(float x, enum precision precision) {
    enum { SMALLEST_NORMAL = 0x38800000, REBIAS = (127 - 15) << 23, HALF_INFINITY = 0x7C00 };
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu, exponent = magnitude >> 23;
    uint32_t out;
    if (magnitude > 0x7F800000u)
        out = 0x7FC0; /* a quiet NaN in either format */
    else if (precision == PRECISION_BF16)
        out = precision_divide(magnitude, 16);
    else if (magnitude >= SMALLEST_NORMAL)
        out = precision_divide(magnitude - REBIAS, 13);
    else if (exponent >=
             102) /* multiples of 2^-24: the significand, with its leading 1, is one of 2^(exponent - 150) */
        out = precision_divide((magnitude & 0x7FFFFFu) | 0x800000u, 126 - exponent);
    else
        out = 0;
    if (precision == PRECISION_F16 && magnitude <= 0x7F800000u && out > HALF_INFINITY)
        out = HALF_INFINITY;
    return (uint16_t)(sign | out);
}

/* The number that 16 bits stand for; exact. */
static inline float precision_widen(uint16_t narrow, enum precision precision) {
    const uint32_t sign = (uint32_t)(narrow & 0x8000u) << 16;
    const uint32_t exponent = narrow >> 10 & 0x1Fu, fraction = narrow & 0x3FFu;
    uint32_t bits;
    float value;
    if (precision == PRECISION_BF16) {
        bits = (uint32_t)narrow << 16;
    } else if (exponent == 0) { /* zero or subnormal: fraction * 2^-24 */
        value = (float)fraction * 0x1p-24F;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    } else { /* 31 is that of infinity and NaN */
        bits = sign | (exponent == 0x1F ? 0xFFu : exponent + 127 - 15) << 23 | fraction << 13;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* x as a factor of a product. */
static inline float precision_round(float x, enum precision precision) {
    return precision == PRECISION_F32 ? x : precision_widen(precision_narrow(x, precision), precision);
}

#endif
