#version 450
#extension GL_GOOGLE_include_directive : require
// layernorm: each row to mean 0 and variance 1, then an affine map.
//
//     mean = sum(x) / width
//     variance = sum((x - mean)^2) / max(width - correction, 1)
//     rstd = 1 / sqrt(variance + eps)
//     y = (x - mean) rstd weight + bias
//
// x, y (rows, width); weight, bias (width), may be missing; mean, rstd (rows). One workgroup per row, four
// columns at a time (include/row.glsl).
//
// Two passes, since sum(x^2) - mean^2 cancels; the second also sums x - mean, which would be 0 without
// roundings, and takes the mean of that out again. Source of this correction: Chan, Golub, LeVeque,
// "Algorithms for computing the sample variance", The American Statistician 37, 1983, equation 1.7.
#define TYPE_y vec4
#define TYPE_x vec4
#define TYPE_weight vec4
#define TYPE_bias vec4
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"
#include "row.glsl"

void main() {
    const uint row = linear_group();
    if (row >= rows)
        return;
    const uint start = row * width, lane = gl_LocalInvocationIndex, fours = row_fours();

    float sum = 0.0;
    for (uint i = lane; i < fours; i += gl_WorkGroupSize.x)
        sum += add_up(LOAD_COLUMNS(x, start, i) * inside(i));
    const float rough = reduce_sum(sum) / float(width);

    vec2 sums = vec2(0.0); // of the differences, of their squares
    for (uint i = lane; i < fours; i += gl_WorkGroupSize.x) {
        const vec4 difference = (LOAD_COLUMNS(x, start, i) - rough) * inside(i);
        sums += vec2(add_up(difference), add_up(difference * difference));
    }
    sums = reduce_sum(sums);
    const float shift = sums.x / float(width);
    const float squares = max(sums.y - sums.x * shift, 0.0);
    const float divisor = width > correction ? float(width - correction) : 1.0;
    const float inverse = inversesqrt(squares / divisor + eps);

    for (uint i = lane; i < fours; i += gl_WorkGroupSize.x) {
        vec4 value = ((LOAD_COLUMNS(x, start, i) - rough) - shift) * inverse;
        if (HAS_weight)
            value *= LOAD_COLUMNS(weight, 0u, i);
        if (HAS_bias)
            value += LOAD_COLUMNS(bias, 0u, i);
        STORE_COLUMNS(y, start, i, value)
    }
    if (lane == 0u) {
        mean[row] = rough + shift;
        rstd[row] = inverse;
    }
}
