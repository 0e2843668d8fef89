#version 450
#extension GL_GOOGLE_include_directive : require
// cross_entropy: loss[r] = factor (lse[r] - logits[r, target[r]]), lse[r] = log sum of exp(logits[r]).
//
// logits (rows, classes); target (rows); loss, lse (rows). A row whose target is `ignore`, or no class, has
// loss 0. One workgroup per row; the largest logit is taken out of every exponent against overflow, and put
// back last, so that the loss is a sum of two small numbers:
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
    const uint start = row * classes, lane = gl_LocalInvocationIndex;

    float largest = LOWEST;
    for (uint i = lane; i < classes; i += gl_WorkGroupSize.x)
        largest = max(largest, logits[start + i]);
    largest = reduce_max(largest);

    float sum = 0.0;
    for (uint i = lane; i < classes; i += gl_WorkGroupSize.x)
        sum += exp(logits[start + i] - largest);
    const float log_sum = log(reduce_sum(sum));

    if (lane != 0u)
        return;
    lse[row] = largest + log_sum;
    const uint wanted = target[row];
    if (wanted != ignore && wanted < classes)
        loss[row] = factor * (log_sum + (largest - logits[start + wanted]));
    else
        loss[row] = 0.0;
}
