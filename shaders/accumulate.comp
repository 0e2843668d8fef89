#version 450
#extension GL_GOOGLE_include_directive : require
// accumulate: sum = (0 if part[0] = 0, else sum) + factor x, element by element.
//
// sum, x (count); part (1). One invocation per element. Chosen, not multiplied by 0: the memory may hold NaN.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < count)
        sum[i] = (part[0] == 0u ? 0.0 : sum[i]) + factor * x[i];
}
