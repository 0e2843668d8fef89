#version 450
#extension GL_GOOGLE_include_directive : require
// dropout: y[i] = x[i] / (1 - rate) where the uniform number of element i is at least rate, else 0.
//
// x, y (count); random = {seed low, seed high, step}. One invocation per block of Philox, which is four
// elements:
//
//     invocation     0       1       2
//     element     0 1 2 3 4 5 6 7 8 9 ...
#include "interface.glsl"
#include "index.glsl"
#include "philox.glsl"

void main() {
    const uint first = 4u * linear_invocation();
    if (first >= count)
        return;
    const uvec4 words = philox_block(uvec3(random[0], random[1], random[2]), stream, first / 4u);
    for (uint i = 0u; i < 4u; i++)
        if (first + i < count)
            y[first + i] = philox_float(words[i]) >= rate ? x[first + i] / (1.0 - rate) : 0.0;
}
