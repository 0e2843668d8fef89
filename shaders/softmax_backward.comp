#version 450
#extension GL_GOOGLE_include_directive : require
// softmax_backward: dx = y (dy - sum of dy y), over each row.
//
// dx, dy, y (rows, width). One workgroup per row:
//
//     invocation   0 1 2 3 0 1 2 3 0 1      (a workgroup of 4)
//     column       0 1 2 3 4 5 6 7 8 9
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"

void main() {
    const uint row = linear_group();
    if (row >= rows)
        return;
    const uint start = row * width, lane = gl_LocalInvocationIndex;

    float sum = 0.0;
    for (uint i = lane; i < width; i += gl_WorkGroupSize.x)
        sum += dy[start + i] * y[start + i];
    sum = reduce_sum(sum);

    for (uint i = lane; i < width; i += gl_WorkGroupSize.x)
        dx[start + i] = y[start + i] * (dy[start + i] - sum);
}
