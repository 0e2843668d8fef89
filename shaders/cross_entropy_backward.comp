#version 450
#extension GL_GOOGLE_include_directive : require
// cross_entropy_backward: dlogits = factor dloss[r] (exp(logits - lse[r]) - (1 at the target, else 0)).
//
// dloss, lse, target (rows); logits, dlogits (rows, classes). Rows that do not count are 0. One invocation
// per element.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= rows * classes)
        return;
    const uint row = i / classes, label = i % classes;
    const uint wanted = target[row];
    if (wanted != ignore && wanted < classes)
        dlogits[i] = factor * dloss[row] * (exp(logits[i] - lse[row]) - (label == wanted ? 1.0 : 0.0));
    else
        dlogits[i] = 0.0;
}
