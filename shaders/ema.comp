#version 450
#extension GL_GOOGLE_include_directive : require
// ema: average = momentum average + (1 - momentum) source, element by element.
//
// average, source (count); control = {norm, factor, finite, ...}: where finite is 0, nothing changes.
// One invocation per four elements. 1 - momentum is exact for momentum in [1/2, 1].
#define TYPE_average vec4
#define TYPE_source vec4
#include "interface.glsl"
#include "four.glsl"

void main() {
    const uint i = linear_invocation();
    if (is_inside(i) && !(HAS_control && control[2] == 0.0))
        STORE_FOUR(average, i, momentum * LOAD_FOUR(average, i) + (1.0 - momentum) * LOAD_FOUR(source, i))
}
