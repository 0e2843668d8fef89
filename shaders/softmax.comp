#version 450
#extension GL_GOOGLE_include_directive : require
// softmax: y = exp(x) / sum of exp(x), over each row.
//
// x, y (rows, width). One workgroup per row; the largest x is taken out of every exponent against overflow:
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

    float largest = LOWEST;
    for (uint i = lane; i < width; i += gl_WorkGroupSize.x)
        largest = max(largest, x[start + i]);
    largest = reduce_max(largest);

    float sum = 0.0;
    for (uint i = lane; i < width; i += gl_WorkGroupSize.x)
        sum += exp(x[start + i] - largest);
    sum = reduce_sum(sum);

    for (uint i = lane; i < width; i += gl_WorkGroupSize.x)
        y[start + i] = exp(x[start + i] - largest) / sum;
}
