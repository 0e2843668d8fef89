#version 450
#extension GL_GOOGLE_include_directive : require
// dropout: y[i] = x[i] / (1 - rate) where the uniform number of element i is at least rate, else 0.
//
// x, y (count); random = {seed low, seed high, step}. One invocation per four elements,
// which are a block of Philox.
#define TYPE_x vec4
#define TYPE_y vec4
#include "interface.glsl"
#include "four.glsl"
#include "philox.glsl"

void main() {
    const uint i = linear_invocation();
    if (!is_inside(i))
        return;
    const uvec4 words = philox_block(uvec3(random[0], random[1], random[2]), stream, i);
    vec4 value = LOAD_FOUR(x, i);
    [[unroll]] for (uint e = 0u; e < 4u; e++)
        value[e] = philox_float(words[e]) >= rate ? value[e] / (1.0 - rate) : 0.0;
    STORE_FOUR(y, i, value)
}
