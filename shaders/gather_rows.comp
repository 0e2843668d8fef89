#version 450
#extension GL_GOOGLE_include_directive : require
// gather_rows: y[b, i] = x[b, index[b, i]], or a row of 0 where the index is not below rows.
//
// x (batch, rows, width); index (batch, count); y (batch, count, width). One invocation per element of y.
// Copies move words: no floating-point unit sees a denormal or a NaN.
#define TYPE_y uint
#define TYPE_x uint
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= batch * count * width)
        return;
    const uint item = i / width, column = i % width;
    const uint row = index[item];
    if (row < rows)
        y[i] = x[(item / count * rows + row) * width + column];
    else
        y[i] = 0u;
}
