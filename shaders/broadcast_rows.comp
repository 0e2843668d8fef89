#version 450
#extension GL_GOOGLE_include_directive : require
// broadcast_rows: y[r] = table[r % period].
//
// table (period, width); y (rows, width). One invocation per element: the table, flat, repeats itself.
// Copies move words: no floating-point unit sees a denormal or a NaN.
#define TYPE_y uint
#define TYPE_table uint
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i < rows * width)
        y[i] = table[i % (period * width)];
}
