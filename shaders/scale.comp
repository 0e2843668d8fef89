#version 450
#extension GL_GOOGLE_include_directive : require
// scale: y = factor x, element by element.
//
// x, y (count). One invocation per element.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < count)
        y[i] = factor * x[i];
}
