#version 450
#extension GL_GOOGLE_include_directive : require
// top_k: the `count` largest elements of each row and their columns, in falling order.
//
// x (rows, width); value, index (rows, count). One workgroup per row, which goes over it once for each
// element that it takes: the best of those that come after the one taken before. An element is (its order as
// an integer, its column); values are copied as words.
#define TYPE_value uint
#define TYPE_x uint
#include "interface.glsl"
#include "index.glsl"
#include "order.glsl"

shared uvec2 best[gl_WorkGroupSize.x];

bool comes_before(uvec2 a, uvec2 b) {
    return a.x > b.x || (a.x == b.x && a.y < b.y);
}

// The first of the workgroup's elements, for every invocation. The second barrier lets
// the scratch be used again.
uvec2 first_of_all(uvec2 mine) {
    const uint lane = gl_LocalInvocationIndex;
    best[lane] = mine;
    barrier();
    for (uint half_width = gl_WorkGroupSize.x / 2u; half_width > 0u; half_width /= 2u) {
        if (lane < half_width && comes_before(best[lane + half_width], best[lane]))
            best[lane] = best[lane + half_width];
        barrier();
    }
    const uvec2 first = best[0];
    barrier();
    return first;
}

void main() {
    const uint row = linear_group();
    if (row >= rows)
        return;
    const uint start = row * width, lane = gl_LocalInvocationIndex;
    uvec2 last = uvec2(0xFFFFFFFFu, 0u); // before every element
    for (uint j = 0u; j < count; j++) {
        uvec2 next = uvec2(0u, 0xFFFFFFFFu); // after every element
        for (uint i = lane; i < width; i += gl_WorkGroupSize.x) {
            const uvec2 candidate = uvec2(order_of(x[start + i]), i);
            if (comes_before(last, candidate) && comes_before(candidate, next))
                next = candidate;
        }
        last = first_of_all(next);
        if (lane == 0u) {
            index[row * count + j] = last.y;
            value[row * count + j] = x[start + last.y];
        }
    }
}
