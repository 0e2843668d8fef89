#version 450
#extension GL_GOOGLE_include_directive : require
// gelu_backward: dx = dy (Phi(x) + x phi(x)), Phi being the normal distribution and phi its density.
//
// dx, dy, x (count). One invocation per element.
#include "interface.glsl"
#include "index.glsl"
#include "erf.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < count)
        dx[i] = dy[i] * (normal_distribution(x[i]) + x[i] * normal_density(x[i]));
}
