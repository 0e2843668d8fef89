#version 450
#extension GL_GOOGLE_include_directive : require
// gelu: y = x Phi(x), Phi being the normal distribution.
//
// x, y (count). One invocation per four elements.
#define TYPE_x vec4
#define TYPE_y vec4
#include "interface.glsl"
#include "four.glsl"
#include "erf.glsl"

void main() {
    const uint i = linear_invocation();
    if (!is_inside(i))
        return;
    vec4 value = LOAD_FOUR(x, i);
    [[unroll]] for (uint e = 0u; e < 4u; e++)
        value[e] *= normal_distribution(value[e]);
    STORE_FOUR(y, i, value)
}
