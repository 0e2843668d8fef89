#version 450
#extension GL_GOOGLE_include_directive : require
// ema: average = momentum average + (1 - momentum) source, element by element.
//
// average, source (count). One invocation per element. 1 - momentum is exact for momentum in [1/2, 1].
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < count)
        average[i] = momentum * average[i] + (1.0 - momentum) * source[i];
}
