#version 450
#extension GL_GOOGLE_include_directive : require
// layernorm_backward: gradient of layernorm towards x.
//
//     n = (x - mean) rstd,    g = round(dy) weight
//     dx = rstd (g - sum(g) / width - n sum(g n) / max(width - correction, 1)) + addend
//
// dx, dy, x (rows, width); mean, rstd (rows); weight (width) and addend (rows, width), may be missing. One
// workgroup per row, four columns at a time (include/row.glsl).
#define TYPE_dx vec4
#define TYPE_dy vec4
#define TYPE_x vec4
#define TYPE_weight vec4
#define TYPE_addend vec4
#include "interface.glsl"
#include "index.glsl"
#include "reduce.glsl"
#include "row.glsl"

#define PRECISION_ID 3
#include "precision.glsl"

// Of columns 4 i .. 4 i + 3: round(dy) weight, and x as layernorm has made it of mean 0 and variance 1.
vec4 weighted(uint start, uint i) {
    const vec4 g = ROUNDED_dy(LOAD_COLUMNS(dy, start, i));
    return HAS_weight ? g * LOAD_COLUMNS(weight, 0u, i) : g;
}

vec4 normal(uint start, uint i, float centre, float inverse) {
    return (LOAD_COLUMNS(x, start, i) - centre) * inverse;
}

void main() {
    const uint row = linear_group();
    if (row >= rows)
        return;
    const uint start = row * width, lane = gl_LocalInvocationIndex, fours = row_fours();
    const float centre = mean[row], inverse = rstd[row];

    vec2 sums = vec2(0.0); // of g, of g n
    for (uint i = lane; i < fours; i += gl_WorkGroupSize.x) {
        const vec4 g = weighted(start, i) * inside(i);
        sums += vec2(add_up(g), add_up(g * normal(start, i, centre, inverse)));
    }
    sums = reduce_sum(sums);
    const float divisor = width > correction ? float(width - correction) : 1.0;
    const vec2 means = sums / vec2(float(width), divisor);

    for (uint i = lane; i < fours; i += gl_WorkGroupSize.x) {
        const vec4 n = normal(start, i, centre, inverse);
        vec4 value = inverse * (weighted(start, i) - means.x - n * means.y);
        if (HAS_addend)
            value += LOAD_COLUMNS(addend, start, i);
        STORE_COLUMNS(dx, start, i, value)
    }
}
