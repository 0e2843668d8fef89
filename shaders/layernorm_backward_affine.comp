#version 450
#extension GL_GOOGLE_include_directive : require
// layernorm_backward_affine: gradients of layernorm towards weight and bias.
//
//     dweight[i] = sum over r of round(dy[r, i]) (x[r, i] - mean[r]) rstd[r]
//     dbias[i] = sum over r of round(dy[r, i])
//
// dy, x (rows, width); mean, rstd (rows); dweight, dbias (width). include/columns.glsl
// shows who adds what.
#include "interface.glsl"
#include "index.glsl"
#include "columns.glsl"

#define PRECISION_ID 3
#include "precision.glsl"

void main() {
    const uint column = my_column();
    const uint step = my_row_step();

    vec2 sums = vec2(0.0); // of dweight, of dbias
    uint row = my_first_row();
    while (column < width && row < rows) {
        vec2 part = vec2(0.0);
        for (uint block = 0u; block < BLOCK && row < rows; block++, row += step) {
            const uint i = row * width + column;
            part += ROUNDED_dy(LOAD_ONE_dy(i)) * vec2((x[i] - mean[row]) * rstd[row], 1.0);
        }
        sums += part;
    }
    sums = reduce_columns(sums, COLUMNS);
    if (gl_LocalInvocationIndex < COLUMNS && column < width) {
        dweight[column] = sums.x;
        dbias[column] = sums.y;
    }
}
