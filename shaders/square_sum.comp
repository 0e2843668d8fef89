#version 450
#extension GL_GOOGLE_include_directive : require
// square_sum: partial[i] = sum of the squares of part i of x.
//
// x (count), cut into `parts` parts of ceil(count / parts) elements; partial (parts). One workgroup per part:
//
//     x            | part 0          | part 1          | part 2     |
//     invocation     0 1 2 3 0 1 2 3   0 1 2 3 ...
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"

void main() {
    const uint part = linear_group();
    if (part >= parts)
        return;
    const uint size = count / parts + (count % parts != 0u ? 1u : 0u);
    const uint end = min((part + 1u) * size, count);

    float sum = 0.0;
    for (uint i = part * size + gl_LocalInvocationIndex; i < end; i += gl_WorkGroupSize.x)
        sum += x[i] * x[i];
    sum = reduce_sum(sum);
    if (gl_LocalInvocationIndex == 0u)
        partial[part] = sum;
}
