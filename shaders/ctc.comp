#version 450
#extension GL_GOOGLE_include_directive : require
// ctc: -log of the probability of a text, summed over all ways to write it along the time steps.
//
// logits (batch, steps, classes); target (batch, places); length, loss, likelihood (batch); lse
// (batch, steps); alpha (batch, steps, 2 places - 1): log of the probability of the beginnings that
// are in a state after a step. One workgroup per image; an invocation has every 256th class, and
// every 256th state, of a step:
//
//     step t - 1    s-2  s-1   s
//                     \   \    |       s-2 only where that skips a blank between different symbols
//     step t           `---`-> s
#include "interface.glsl"
#include "ctc.glsl"
#include "index.glsl"
#include "reduce.glsl"

shared float row[2][STATES];

float log_sum(uint start) {
    float largest = LOWEST, sum = 0.0;
    for (uint c = gl_LocalInvocationIndex; c < classes; c += gl_WorkGroupSize.x)
        largest = max(largest, logits[start + c]);
    largest = reduce_max(largest);
    for (uint c = gl_LocalInvocationIndex; c < classes; c += gl_WorkGroupSize.x)
        sum += exp(logits[start + c] - largest);
    return largest + log(reduce_sum(sum));
}

// The ways into a state, from those of the step before.
float reached(uint b, uint t, uint s) {
    if (t == 0)
        return s <= 1 ? 0.0 : IMPOSSIBLE;
    const uint before = (t + 1) & 1u;
    return join(row[before][s], s >= 1 ? row[before][s - 1] : IMPOSSIBLE,
                skips(b, s) ? row[before][s - 2] : IMPOSSIBLE);
}

void main() {
    const uint b = linear_group();
    if (b >= batch)
        return;
    const uint states = states_of(b), pitch = 2 * places - 1;
    for (uint t = 0; t < steps; t++) {
        const uint start = (b * steps + t) * classes;
        const float sum = log_sum(start);
        if (gl_LocalInvocationIndex == 0)
            lse[b * steps + t] = sum;
        for (uint s = gl_LocalInvocationIndex; s < pitch; s += gl_WorkGroupSize.x) {
            float value = IMPOSSIBLE;
            if (s < states) {
                const uint symbol = symbol_of(b, s);
                const float ways = reached(b, t, s);
                if (possible(ways) && symbol < classes)
                    value = ways + (logits[start + symbol] - sum);
            }
            row[t & 1u][s] = value;
            alpha[(b * steps + t) * pitch + s] = value;
        }
        barrier();
    }
    if (gl_LocalInvocationIndex != 0)
        return;
    const uint last = (steps - 1) & 1u;
    const float end = join(row[last][states - 1], states > 1 ? row[last][states - 2] : IMPOSSIBLE, IMPOSSIBLE);
    likelihood[b] = end;
    loss[b] = possible(end) ? -factor * end : 0.0;
}
