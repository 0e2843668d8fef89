#version 450
#extension GL_GOOGLE_include_directive : require
// add: y = a + b, element by element.
//
// a, b, y (count). One invocation per four elements.
#define TYPE_a vec4
#define TYPE_b vec4
#define TYPE_y vec4
#include "interface.glsl"
#include "four.glsl"

void main() {
    const uint i = linear_invocation();
    if (is_inside(i))
        STORE_FOUR(y, i, LOAD_FOUR(a, i) + LOAD_FOUR(b, i))
}
