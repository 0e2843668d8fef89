#version 450
#extension GL_GOOGLE_include_directive : require
// slice_backward: dx[o] has dy[o] in the rows first .. first + count - 1, and 0 in the others.
//
// dy (outer, count, width); dx (outer, rows, width). One invocation per element of dx.
// Copies move words: no floating-point unit sees a denormal or a NaN.
#define TYPE_dx uint
#define TYPE_dy uint
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= outer * rows * width)
        return;
    const uint o = i / (rows * width), row = i / width % rows, column = i % width;
    // Rows before the first wrap around to numbers far above count.
    const uint from = row - first;
    if (from < count)
        dx[i] = dy[(o * count + from) * width + column];
    else
        dx[i] = 0u;
}
