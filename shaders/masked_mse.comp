#version 450
#extension GL_GOOGLE_include_directive : require
// masked_mse: loss[r] = factor times the squared distance of prediction[r] to target[r]; 0 if not removed[r].
//
// prediction, target (rows, width); removed (rows), may be missing; loss (rows). One workgroup per row; the
// whole workgroup leaves a row that does not count:
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
    if (HAS_removed && removed[row] == 0u) {
        if (lane == 0u)
            loss[row] = 0.0;
        return;
    }

    float sum = 0.0;
    for (uint i = lane; i < width; i += gl_WorkGroupSize.x) {
        const float difference = prediction[start + i] - target[start + i];
        sum += difference * difference;
    }
    sum = reduce_sum(sum);
    if (lane == 0u)
        loss[row] = factor * sum;
}
