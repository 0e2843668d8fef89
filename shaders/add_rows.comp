#version 450
#extension GL_GOOGLE_include_directive : require
// add_rows: y[r] = x[r] + table[first + r % period].
//
// x, y (rows, width); table (first + period or more, width). One invocation per element.
#include "interface.glsl"
#include "index.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= rows * width)
        return;
    const uint row = i / width, column = i % width;
    y[i] = x[i] + table[(first + row % period) * width + column];
}
