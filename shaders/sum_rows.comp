#version 450
#extension GL_GOOGLE_include_directive : require
// sum_rows: y[p] = sum of round(x[r]) over the rows r with r % period = p.
//
// x (rows, width); y (period, width). Taken flat, `period` rows of x are one long row, so that y is the sum
// over the columns of a matrix of period x width columns, whose last row may be short;
// include/columns.glsl shows who adds what.
#include "interface.glsl"
#include "index.glsl"
#include "columns.glsl"

#define PRECISION_ID 3
#include "precision.glsl"

void main() {
    const uint columns = period * width, count = rows * width;
    const uint column = my_column();
    const uint step = my_row_step() * columns;

    float sum = 0.0;
    uint i = my_first_row() * columns + column;
    while (column < columns && i < count) {
        float part = 0.0;
        for (uint block = 0u; block < BLOCK && i < count; block++, i += step)
            part += ROUNDED_x(LOAD_ONE_x(i));
        sum += part;
    }
    sum = reduce_columns(sum, COLUMNS);
    if (gl_LocalInvocationIndex < COLUMNS && column < columns)
        y[column] = sum;
}
