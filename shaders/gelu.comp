#version 450
#extension GL_GOOGLE_include_directive : require
// gelu: y = x Phi(x), Phi being the normal distribution.
//
// x, y (count). One invocation per element.
#include "interface.glsl"
#include "index.glsl"
#include "erf.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < count)
        y[i] = x[i] * normal_distribution(x[i]);
}
