#version 450
#extension GL_GOOGLE_include_directive : require
// gelu_backward: dx = dy (Phi(r) + r phi(r)), r = round(x), Phi being the normal distribution and phi its
// density.
//
// dx, dy, x (count). One invocation per four elements.
#define TYPE_dx vec4
#define TYPE_dy vec4
#define TYPE_x vec4
#include "interface.glsl"
#include "four.glsl"
#include "erf.glsl"

#define PRECISION_ID 3
#include "precision.glsl"

void main() {
    const uint i = linear_invocation();
    if (!is_inside(i))
        return;
    const vec4 at = rounded(LOAD_FOUR(x, i));
    vec4 value = LOAD_FOUR(dy, i);
    [[unroll]] for (uint e = 0u; e < 4u; e++)
        value[e] *= normal_distribution(at[e]) + at[e] * normal_density(at[e]);
    STORE_FOUR(dx, i, value)
}
