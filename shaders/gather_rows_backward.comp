#version 450
#extension GL_GOOGLE_include_directive : require
// gather_rows_backward: dx[b, r] = sum of dy[b, i] over the i with index[b, i] = r, in the order of i.
//
// dy (batch, count, width); index (batch, count); dx (batch, rows, width). One invocation per element of dx
// looks through the indices of its image: no two invocations write the same place, and the order is fixed.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= batch * rows * width)
        return;
    const uint image = i / (rows * width), row = i / width % rows, column = i % width;
    float sum = 0.0;
    for (uint item = image * count; item < (image + 1u) * count; item++)
        if (index[item] == row)
            sum += dy[item * width + column];
    dx[i] = sum;
}
