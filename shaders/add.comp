#version 450
#extension GL_GOOGLE_include_directive : require
// add: y = a + b, element by element.
//
// a, b, y (count). One invocation per element.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < count)
        y[i] = a[i] + b[i];
}
