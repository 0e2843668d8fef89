// columns.glsl: how the columns of a matrix are summed.
//
// A workgroup takes COLUMNS neighbouring columns, and deals the rows out over its other dimension, so that
// loads are side by side in memory; the parts are added in shared memory, always in the same order:
//
//                    COLUMNS = 4
//     row            +-------------
//      0             | 0  1  2  3
//      1             | 4  5  6  7      (a workgroup of 8: invocation i has
//      2             | 0  1  2  3       column i % 4 and rows i / 4, i / 4 + 2, ...)
//      3             | 4  5  6  7
//
// Every BLOCK rows of an invocation have a sum of their own, since the error of a sum grows with its length.
#ifndef COLUMNS_GLSL
#define COLUMNS_GLSL

#include "reduce.glsl"

layout(constant_id = 2) const uint COLUMNS = 16;
const uint BLOCK = 32;

// The column of this invocation, which may lie past the end.
uint my_column() {
    return linear_group() * COLUMNS + gl_LocalInvocationIndex % COLUMNS;
}

// The first of its rows, and the distance to the next.
uint my_first_row() {
    return gl_LocalInvocationIndex / COLUMNS;
}

uint my_row_step() {
    return gl_WorkGroupSize.x / COLUMNS;
}

#endif
