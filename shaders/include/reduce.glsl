// reduce.glsl: sums and maxima over the invocations of a workgroup, through shared memory.
//
// A tree of fixed shape, so that the result is the same every time; no subgroup operations, which not every
// device has. The workgroup's width must be a power of two, and every invocation must come along. Include it
// after interface.glsl.
//
//     lane    0   1   2   3        reduce_columns(value, 1)
//             |<--|---+   |
//             |   |<------+
//             |<--+
#ifndef REDUCE_GLSL
#define REDUCE_GLSL

// The smallest finite float, below or equal to any that a maximum is taken of.
const float LOWEST = -3.402823466e38;

shared vec2 reduce_scratch[gl_WorkGroupSize.x];

// Invocation i < columns gets the sum over the invocations i, i + columns, i + 2 columns, ...; the others
// get parts of it. columns: a power of two.
vec2 reduce_columns(vec2 value, uint columns) {
    const uint lane = gl_LocalInvocationIndex;
    reduce_scratch[lane] = value;
    barrier();
    for (uint half_width = gl_WorkGroupSize.x / 2u; half_width >= columns; half_width /= 2u) {
        if (lane < half_width)
            reduce_scratch[lane] += reduce_scratch[lane + half_width];
        barrier();
    }
    return reduce_scratch[lane];
}

float reduce_columns(float value, uint columns) {
    return reduce_columns(vec2(value, 0.0), columns).x;
}

// Every invocation gets the sum over all. The second barrier lets the scratch be used again.
vec2 reduce_sum(vec2 value) {
    reduce_columns(value, 1u);
    const vec2 sum = reduce_scratch[0];
    barrier();
    return sum;
}

float reduce_sum(float value) {
    return reduce_sum(vec2(value, 0.0)).x;
}

float reduce_max(float value) {
    const uint lane = gl_LocalInvocationIndex;
    reduce_scratch[lane].x = value;
    barrier();
    for (uint half_width = gl_WorkGroupSize.x / 2u; half_width > 0u; half_width /= 2u) {
        if (lane < half_width)
            reduce_scratch[lane].x = max(reduce_scratch[lane].x, reduce_scratch[lane + half_width].x);
        barrier();
    }
    const float largest = reduce_scratch[0].x;
    barrier();
    return largest;
}

#endif
