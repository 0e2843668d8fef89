#version 450
#extension GL_GOOGLE_include_directive : require
// clip_factor: control = {norm, factor, finite}, from the parts of the sum of squared gradients.
//
//     norm = sqrt(sum of partial)
//     factor = min(1, limit / (norm + 1e-6)) if limit > 0, else 1
//     finite = 1 if norm is finite, else 0
//
// partial (count); control (3). One workgroup for all. Infinity and NaN are told by their bits, since
// compilers may take for granted that there are none.
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"

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
    const float norm = finite ? sqrt(sum) : sum;
    control[0] = norm;
    control[1] = 1.0;
    if (limit > 0.0 && infinite)
        control[1] = 0.0;
    else if (limit > 0.0 && finite)
        control[1] = min(1.0, limit / (norm + 1e-6));
    control[2] = finite ? 1.0 : 0.0;
}
