// precision.glsl: factors of products in 16 bits (spec/numerics.md, "Products of 16-bit numbers").
//
//     #define PRECISION_ID 11                     the specialisation constant that chooses: F32, F16 or BF16
//     #include "precision.glsl"
//     ... rounded(x) ...                          the nearest numbers of that format
//     ... ROUNDED_q(LOAD_q(i)) ...                the same of what was read from q, which may be stored so
//
// packHalf2x16 is no help: Vulkan leaves its direction of rounding open, and what becomes of numbers below
// 2^-14. Here every operation is exact.
#ifndef PRECISION_GLSL
#define PRECISION_GLSL

#include "format.glsl"

layout(constant_id = PRECISION_ID) const uint PRECISION = F32;

// Between two powers of two, numbers of binary16 are multiples of 2^-10 of the lower; below 2^-14, of 2^-24.
// With that unit made 1, which is exact, roundEven() is all there is to do.
vec4 nearest_f16(vec4 x) {
    const uvec4 power = max(floatBitsToUint(x) & INFINITY_BITS, (127u - 14u) << 23);
    const uvec4 unit = power - (10u << 23);
    const vec4 y = roundEven(x * uintBitsToFloat((254u << 23) - unit)) * uintBitsToFloat(unit);
    const uvec4 infinity = floatBitsToUint(y) & SIGN_BIT | INFINITY_BITS;
    return mix(y, uintBitsToFloat(infinity), greaterThanEqual(abs(y), vec4(65536.0)));
}

// The upper half of the bits, rounded by the lower.
vec4 nearest_bf16(vec4 x) {
    const uvec4 bits = floatBitsToUint(x);
    const uvec4 y = bits + 0x7FFFu + (bits >> 16 & 1u) & 0xFFFF0000u;
    return uintBitsToFloat(mix(y, uvec4(0x7FC00000u), greaterThan(bits & ~SIGN_BIT, uvec4(INFINITY_BITS))));
}

vec4 rounded(vec4 x) {
    return PRECISION == F16 ? nearest_f16(x) : PRECISION == BF16 ? nearest_bf16(x) : x;
}

float rounded(float x) {
    return rounded(vec4(x)).x;
}

#endif
