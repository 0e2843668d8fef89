#version 450
#extension GL_GOOGLE_include_directive : require
// random_uniform: y[i] = the uniform number in [0, 1) of element i in (seed, stream, step).
//
// y (count); random = {seed low, seed high, step}. One invocation per four elements,
// which are a block of Philox.
#define TYPE_y vec4
#include "interface.glsl"
#include "four.glsl"
#include "philox.glsl"

void main() {
    const uint i = linear_invocation();
    if (!is_inside(i))
        return;
    const uvec4 words = philox_block(uvec3(random[0], random[1], random[2]), stream, i);
    STORE_FOUR(y, i, vec4(philox_float(words.x), philox_float(words.y), philox_float(words.z),
                          philox_float(words.w)))
}
