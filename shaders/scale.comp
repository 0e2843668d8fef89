#version 450
#extension GL_GOOGLE_include_directive : require
// scale: y = factor x, element by element.
//
// x, y (count). One invocation per four elements.
#define TYPE_x vec4
#define TYPE_y vec4
#include "interface.glsl"
#include "four.glsl"

void main() {
    const uint i = linear_invocation();
    if (is_inside(i))
        STORE_FOUR(y, i, factor * LOAD_FOUR(x, i))
}
