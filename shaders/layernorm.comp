#version 450
#extension GL_GOOGLE_include_directive : require
// layernorm: each row to mean 0 and variance 1, then an affine map.
//
//     mean = sum(x) / width
//     variance = sum((x - mean)^2) / max(width - correction, 1)
//     rstd = 1 / sqrt(variance + eps)
//     y = (x - mean) rstd weight + bias
//
// x, y (rows, width); weight, bias (width), may be missing; mean, rstd (rows). One workgroup per row:
//
//     invocation   0 1 2 3 0 1 2 3 0 1      (a workgroup of 4)
//     column       0 1 2 3 4 5 6 7 8 9
//
// Two passes, since sum(x^2) - mean^2 cancels; the second also sums x - mean, which would be 0 without
// roundings, and takes the mean of that out again. Source of this correction: Chan, Golub, LeVeque,
// "Algorithms for computing the sample variance", The American Statistician 37, 1983, equation 1.7.
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
        sum += x[start + i];
    const float rough = reduce_sum(sum) / float(width);

    vec2 sums = vec2(0.0); // of the differences, of their squares
    for (uint i = lane; i < width; i += gl_WorkGroupSize.x) {
        const float difference = x[start + i] - rough;
        sums += vec2(difference, difference * difference);
    }
    sums = reduce_sum(sums);
    const float shift = sums.x / float(width);
    const float squares = max(sums.y - sums.x * shift, 0.0);
    const float divisor = width > correction ? float(width - correction) : 1.0;
    const float inverse = inversesqrt(squares / divisor + eps);

    for (uint i = lane; i < width; i += gl_WorkGroupSize.x) {
        float value = ((x[start + i] - rough) - shift) * inverse;
        if (HAS_weight)
            value *= weight[i];
        if (HAS_bias)
            value += bias[i];
        y[start + i] = value;
    }
    if (lane == 0u) {
        mean[row] = rough + shift;
        rstd[row] = inverse;
    }
}
