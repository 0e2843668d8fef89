#version 450
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

#include "index.glsl"
#include "interface.glsl"
#include "philox.glsl"
#include "attention.glsl"

layout(constant_id = 2) const uint WIDTH = 64u; // head_width

void main() {
    const uint blocks = (keys + gl_WorkGroupSize.x - 1u) / gl_WorkGroupSize.x;
    const uint group = linear_group();
    const uint head = group / blocks % heads, item = group / blocks / heads;
    if (item >= batch)
        return;
    const uint first = group % blocks * gl_WorkGroupSize.x;
    const uint key = first + gl_LocalInvocationIndex;
    const uint clamped = min(key, keys - 1u);
    const uint k_at = (item * keys + clamped) * k_pitch + k_offset + head * WIDTH;
    const uint v_at = (item * keys + clamped) * v_pitch + v_offset + head * WIDTH;
    float my_k[WIDTH], my_v[WIDTH], sum_k[WIDTH], sum_v[WIDTH];
    [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
        my_k[d] = k[k_at + d] * scale;
        my_v[d] = v[v_at + d];
        sum_k[d] = 0.0;
        sum_v[d] = 0.0;
    }

    for (uint query = causal != 0u ? first : 0u; query < queries; query++) {
        const uint row = (item * heads + head) * queries + query;
        const uint q_at = (item * queries + query) * q_pitch + q_offset + head * WIDTH;
        const uint y_at = ((item * queries + query) * heads + head) * WIDTH;
        float score = 0.0, dp = 0.0;
        [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
            score += my_k[d] * q[q_at + d];
            dp += my_v[d] * dy[y_at + d];
        }
        const float p = key < visible_keys(item, query) ? exp(score - lse[row]) : 0.0;
        const float keep = keep_factor(row, clamped);
        const float weight = p * keep, ds = p * (dp * keep - delta[row]);
        [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
            sum_v[d] += weight * dy[y_at + d];
            sum_k[d] += ds * q[q_at + d];
        }
    }
    if (key >= keys)
        return;
    [[unroll]] for (uint d = 0u; d < WIDTH; d++) {
        dk[k_at + d] = sum_k[d] * scale;
        dv[v_at + d] = sum_v[d];
    }
}
