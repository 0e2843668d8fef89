#version 450
#extension GL_GOOGLE_include_directive : require
// concatenate: y[o] = the rows of a[o], then the rows of b[o].
//
// a (outer, a_rows, width); b (outer, b_rows, width); y (outer, a_rows + b_rows, width). One invocation per
// element of y:
//
//     y[o]   | a_rows x width | b_rows x width |
//            0             split             pitch
// Copies move words: no floating-point unit sees a denormal or a NaN.
#define TYPE_y uint
#define TYPE_a uint
#define TYPE_b uint
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint split = a_rows * width, pitch = split + b_rows * width;
    const uint i = linear_invocation();
    if (i >= outer * pitch)
        return;
    const uint o = i / pitch, place = i % pitch;
    if (place < split)
        y[i] = a[o * split + place];
    else
        y[i] = b[o * (pitch - split) + place - split];
}
