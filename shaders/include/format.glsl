// format.glsl: numbers in memory, in 32 or 16 bits (spec/numerics.md, "Storage in 16 bits").
//
//     elements     0  1     2  3         two to a word, the first in its lower half
//     uvec2      | word x | word y |
//
// interface.glsl includes it, and has for each tensor that may be stored so LOAD_x(i) and STORE_x(i, value)
// of elements 4 i .. 4 i + 3, and LOAD_ONE_x(i) of one. No extension of Vulkan is needed. unpackHalf2x16 and
// packHalf2x16 are no help: Vulkan lets them flush numbers below 2^-14. Here every operation is exact, or
// integer.
#ifndef FORMAT_GLSL
#define FORMAT_GLSL

const uint F32 = 0u, F16 = 1u, BF16 = 2u; // as in host/base/precision.h
const uint INFINITY_BITS = 0x7F800000u, SIGN_BIT = 0x80000000u;

// ---- from 16 bits ----

// The exponent's bias grows by 112; that of infinity and NaN is 255 and not 143. Below 2^-14 there are
// multiples of 2^-24.
vec4 wide_f16(uvec4 half_bits) {
    const uvec4 magnitude = half_bits & 0x7FFFu;
    const uvec4 bias = mix(uvec4(112u << 23), uvec4(224u << 23), greaterThanEqual(magnitude, uvec4(0x7C00u)));
    const uvec4 small = floatBitsToUint(vec4(magnitude) * 5.9604644775390625e-8);
    const uvec4 bits = mix((magnitude << 13) + bias, small, lessThan(magnitude, uvec4(0x400u)));
    return uintBitsToFloat(bits | (half_bits & 0x8000u) << 16);
}

vec4 wide(uvec2 words, uint format) {
    const uvec4 low = uvec4(words.x & 0xFFFFu, words.x >> 16, words.y & 0xFFFFu, words.y >> 16);
    return format == F16 ? wide_f16(low) : uintBitsToFloat(low << 16);
}

// Element i of a tensor, of whose words `word` is the one that holds it.
float wide_one(uint word, uint i, uint format) {
    const uint low = word >> 16u * (i & 1u) & 0xFFFFu;
    return format == F16 ? wide_f16(uvec4(low)).x : uintBitsToFloat(low << 16);
}

// ---- to the nearest number of 16 bits, a tie to the even one ----

// x / 2^shift
uvec4 nearest_quotient(uvec4 x, uint shift) {
    return x + ((1u << shift - 1u) - 1u) + (x >> shift & 1u) >> shift;
}

uvec4 narrow_f16(uvec4 bits) {
    const uvec4 smallest_normal = uvec4(0x38800000u), magnitude = bits & ~SIGN_BIT;
    const uvec4 normal = min(nearest_quotient(magnitude - (112u << 23), 13u), 0x7C00u);
    const uvec4 small = uvec4(roundEven(uintBitsToFloat(min(magnitude, smallest_normal)) * 16777216.0));
    const uvec4 number = mix(normal, small, lessThan(magnitude, smallest_normal));
    return mix(number, uvec4(0x7E00u), greaterThan(magnitude, uvec4(INFINITY_BITS))) | bits >> 16 & 0x8000u;
}

uvec4 narrow_bf16(uvec4 bits) {
    return mix(nearest_quotient(bits, 16u), uvec4(0x7FC0u),
               greaterThan(bits & ~SIGN_BIT, uvec4(INFINITY_BITS)));
}

uvec2 narrow(vec4 x, uint format) {
    const uvec4 bits = floatBitsToUint(x);
    const uvec4 low = format == F16 ? narrow_f16(bits) : narrow_bf16(bits);
    return low.xz | low.yw << 16;
}

#endif
