#version 450
#extension GL_GOOGLE_include_directive : require
// layernorm_backward: gradient of layernorm towards x.
//
//     n = (x - mean) rstd,    g = dy weight
//     dx = rstd (g - sum(g) / width - n sum(g n) / max(width - correction, 1)) + addend
//
// dx, dy, x (rows, width); mean, rstd (rows); weight (width) and addend (rows, width), may be missing. One
// workgroup per row:
//
//     invocation   0 1 2 3 0 1 2 3 0 1      (a workgroup of 4)
//     column       0 1 2 3 4 5 6 7 8 9
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"

// (g, n) of a column.
vec2 terms(uint start, uint i, float centre, float inverse) {
    const float g = HAS_weight ? dy[start + i] * weight[i] : dy[start + i];
    return vec2(g, (x[start + i] - centre) * inverse);
}

void main() {
    const uint row = linear_group();
    if (row >= rows)
        return;
    const uint start = row * width, lane = gl_LocalInvocationIndex;
    const float centre = mean[row], inverse = rstd[row];

    vec2 sums = vec2(0.0); // of g, of g n
    for (uint i = lane; i < width; i += gl_WorkGroupSize.x) {
        const vec2 t = terms(start, i, centre, inverse);
        sums += vec2(t.x, t.x * t.y);
    }
    sums = reduce_sum(sums);
    const float divisor = width > correction ? float(width - correction) : 1.0;
    const vec2 means = sums / vec2(float(width), divisor);

    for (uint i = lane; i < width; i += gl_WorkGroupSize.x) {
        const vec2 t = terms(start, i, centre, inverse);
        const float other = HAS_addend ? addend[start + i] : 0.0;
        dx[start + i] = inverse * (t.x - means.x - t.y * means.y) + other;
    }
}
