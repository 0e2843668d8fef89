#version 450
#extension GL_GOOGLE_include_directive : require
// scatter_rows: y[b, index[b, i]] = x[b, i], unless the index is not below rows.
//
// x (batch, count, width); index (batch, count); y (batch, rows, width). One invocation per element of x.
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
        y[(item / count * rows + row) * width + column] = x[i];
}
