#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

#include "index.glsl"
#include "interface.glsl"

layout(constant_id = 2) const uint ROWS = 4u;
layout(constant_id = 3) const uint COLUMNS = 4u;

void main() {
    const uint width = gl_WorkGroupSize.x;
    const uint tiles_n = (n + width * COLUMNS - 1u) / (width * COLUMNS);
    const uint tiles_m = (m + ROWS - 1u) / ROWS;
    const uint tile = linear_group();
    const uint item = tile / (tiles_n * tiles_m);
    if (item >= batch)
        return;
    const uint row0 = tile / tiles_n % tiles_m * ROWS;
    const uint column0 = tile % tiles_n * width * COLUMNS + gl_LocalInvocationIndex;

    const uint a_row = transpose_a != 0u ? 1u : k, a_step = transpose_a != 0u ? m : 1u;
    const uint b_column = transpose_b != 0u ? k : 1u, b_step = transpose_b != 0u ? 1u : n;
    uint a_at[ROWS], b_at[COLUMNS];
    float sum[ROWS][COLUMNS];
    [[unroll]] for (uint i = 0u; i < ROWS; i++)
        a_at[i] = item * m * k + min(row0 + i, m - 1u) * a_row;
    [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
        b_at[j] = item * k * n + min(column0 + j * width, n - 1u) * b_column;
    [[unroll]] for (uint i = 0u; i < ROWS; i++)
        [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
            sum[i][j] = 0.0;

    for (uint step = 0u; step < k; step++) {
        float right[COLUMNS];
        [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
            right[j] = b[b_at[j] + step * b_step];
        [[unroll]] for (uint i = 0u; i < ROWS; i++) {
            const float left = a[a_at[i] + step * a_step];
            [[unroll]] for (uint j = 0u; j < COLUMNS; j++)
                sum[i][j] += left * right[j];
        }
    }

    [[unroll]] for (uint j = 0u; j < COLUMNS; j++) {
        const uint column = column0 + j * width;
        if (column >= n)
            continue;
        float start = 0.0;
        if (HAS_bias)
            start = bias[column];
        [[unroll]] for (uint i = 0u; i < ROWS; i++)
            if (row0 + i < m)
                c[(item * m + row0 + i) * n + column] = sum[i][j] + start;
    }
}
