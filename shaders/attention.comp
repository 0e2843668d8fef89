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
    const uint row = (item * heads + head) * queries + query;
    const uint source = (item * queries + min(query, queries - 1u)) * q_pitch + q_offset + head * WIDTH;
    float mine[WIDTH], sum[WIDTH];
    [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
        mine[d] = q[source + d] * scale;
        sum[d] = 0.0;
    }

    float largest = -3.4e38, total = 0.0;
    const uint count = visible_keys(item, query);
    const uint most = visible_keys(item, group % blocks * gl_WorkGroupSize.x + gl_WorkGroupSize.x - 1u);
    for (uint key = 0u; key < most; key++) {
        const uint k_at = (item * keys + key) * k_pitch + k_offset + head * WIDTH;
        const uint v_at = (item * keys + key) * v_pitch + v_offset + head * WIDTH;
        float score = 0.0;
        [[unroll]] for (uint d = 0u; d < WIDTH; d++)
            score += mine[d] * k[k_at + d];
        const bool visible = key < count;
        const float next = visible ? max(largest, score) : largest;
        const float shrink = exp(largest - next);
        const float p = visible ? exp(score - next) : 0.0;
        largest = next;
        total = total * shrink + p;
        const float weight = p * keep_factor(row, key);
        [[unroll]] for (uint d = 0u; d < WIDTH; d++)
            sum[d] = sum[d] * shrink + weight * v[v_at + d];
    }
    if (query >= queries)
        return;
    const float factor = count > 0u ? 1.0 / total : 0.0;
    [[unroll]] for (uint d = 0u; d < WIDTH; d++)
        y[((item * queries + query) * heads + head) * WIDTH + d] = sum[d] * factor;
    lse[row] = count > 0u ? largest + log(total) : 0.0;
}
