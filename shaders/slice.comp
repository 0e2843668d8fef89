#version 450
#extension GL_GOOGLE_include_directive : require
// slice: y[o] = the rows first .. first + count - 1 of x[o].
//
// x (outer, rows, width); y (outer, count, width). One invocation per element of y.
// Copies move words: no floating-point unit sees a denormal or a NaN.
#define TYPE_y uint
#define TYPE_x uint
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint pitch = count * width;
    const uint i = linear_invocation();
    if (i < outer * pitch)
        y[i] = x[(i / pitch * rows + first) * width + i % pitch];
}
