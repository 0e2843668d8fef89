#version 450
#extension GL_GOOGLE_include_directive : require
// masked_mse_backward: dprediction = 2 factor dloss[r] (prediction - target); 0 in rows not removed.
//
// dloss (rows); prediction, target, dprediction (rows, width); removed (rows), may be missing. One invocation
// per element.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= rows * width)
        return;
    const uint row = i / width;
    if (HAS_removed && removed[row] == 0u)
        dprediction[i] = 0.0;
    else
        dprediction[i] = 2.0 * factor * dloss[row] * (prediction[i] - target[i]);
}
