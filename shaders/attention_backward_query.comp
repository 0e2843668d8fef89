#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

#include "index.glsl"
#include "interface.glsl"
#include "philox.glsl"
#include "attention.glsl"

layout(constant_id = 2) const uint WIDTH = 64u; // head_width

void main() {
    const uint blocks = (queries + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    const uint group = linear_group();
    const uint head = group / blocks % heads, item = group / blocks / heads;
    if (item >= batch)
        return;
    const uint query = group % blocks * gl_WorkGroupSize.x + gl_LocalInvocationIndex;
    const uint clamped = min(query, queries - 1u);
    const uint row = (item * heads + head) * queries + clamped;
    const uint q_at = (item * queries + clamped) * q_pitch + q_offset + head * WIDTH;
    const uint y_at = ((item * queries + clamped) * heads + head) * WIDTH;
    float mine[WIDTH], incoming[WIDTH], sum[WIDTH];
    float dot_y = 0.0;
    [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
        mine[d] = q[q_at + d] * scale;
        incoming[d] = dy[y_at + d];
        dot_y += incoming[d] * y[y_at + d];
        sum[d] = 0.0;
    }

    const float row_lse = lse[row];
    const uint count = visible_keys(item, query);
    const uint most = visible_keys(item, group % blocks * gl_WorkGroupSize.x + gl_WorkGroupSize.x - 1u);
    for (uint key = 0u; key < most; key++) {
        const uint k_at = (item * keys + key) * k_pitch + k_offset + head * WIDTH;
        const uint v_at = (item * keys + key) * v_pitch + v_offset + head * WIDTH;
        float score = 0.0, dp = 0.0;
        [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
            score += mine[d] * k[k_at + d];
            dp += incoming[d] * v[v_at + d];
        }
        const float p = key < count ? exp(score - row_lse) : 0.0;
        const float ds = p * (dp * keep_factor(row, key) - dot_y);
        [[unroll]] for (uint d = 0u; d < WIDTH; d++)
            sum[d] += ds * k[k_at + d];
    }
    if (query >= queries)
        return;
    delta[row] = dot_y;
    [[unroll]] for (uint d = 0u; d < WIDTH; d++)
        dq[q_at + d] = sum[d] * scale;
}
