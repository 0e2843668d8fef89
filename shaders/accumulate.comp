#version 450
#extension GL_GOOGLE_include_directive : require
// accumulate: sum = (0 if part[0] = 0, else sum) + factor x, element by element.
//
// sum, x (count); part (1). One invocation per four elements. Chosen, not multiplied by
// 0: the memory may hold NaN.
#define TYPE_sum vec4
#define TYPE_x vec4
#include "interface.glsl"
#include "four.glsl"

void main() {
    const uint i = linear_invocation();
    if (is_inside(i))
        STORE_FOUR(sum, i, (part[0] == 0u ? vec4(0.0) : LOAD_FOUR(sum, i)) + factor * LOAD_FOUR(x, i))
}
