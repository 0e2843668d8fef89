#version 450
#extension GL_GOOGLE_include_directive : require
// clip_factor: control = {norm, factor, finite, correction1, correction2}, from the parts of the
// sum of squared gradients.
//
//     norm = sqrt(sum of partial) / scale
//     factor = min(1, limit / (norm + 1e-6)) / scale if limit > 0, else 1 / scale
//     finite = 1 if norm is finite, else 0
//     correction = 1 - beta^(applied + 1)
//
// partial (count); scaler = {scale, good, applied, skipped}. One workgroup for all. Infinity and NaN are told
// by their bits, since compilers may take for granted that there are none.
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"

// 1 - beta^t by squaring, on 1 - x instead of x: only positive numbers are added, and nothing cancels.
float correction(float beta, uint t) {
    float sum = 0.0;
    for (float part = 1.0 - beta; t > 0u; t >>= 1) {
        if ((t & 1u) != 0u)
            sum += part * (1.0 - sum);
        part *= 2.0 - part;
    }
    return sum;
}

void main() {
    if (linear_group() != 0u)
        return;
    float sum = 0.0;
    for (uint i = gl_LocalInvocationIndex; i < count; i += gl_WorkGroupSize.x)
        sum += partial[i];
    sum = reduce_sum(sum);
    if (gl_LocalInvocationIndex != 0u)
        return;

    const uint magnitude = floatBitsToUint(sum) & 0x7FFFFFFFu;
    const bool finite = magnitude < 0x7F800000u;
    const bool infinite = magnitude == 0x7F800000u;
    const float inverse = uintBitsToFloat((254u << 23) - floatBitsToUint(scaler[0])); // of a power of two
    const float norm = finite ? sqrt(sum) * inverse : sum;
    float factor = 1.0;
    if (limit > 0.0 && infinite)
        factor = 0.0;
    else if (limit > 0.0 && finite)
        factor = min(1.0, limit / (norm + 1e-6));
    const uint t = uint(scaler[2] + 0.5) + 1u;
    control[0] = norm;
    control[1] = factor * inverse;
    control[2] = finite ? 1.0 : 0.0;
    control[3] = correction(beta1, t);
    control[4] = correction(beta2, t);
}
