#version 450
#extension GL_GOOGLE_include_directive : require
// ctc_backward: dlogits = factor dloss (softmax(logits) - the part of the paths that are at that class).
//
// dlogits, logits (batch, steps, classes); dloss, likelihood, length (batch); alpha (batch, steps, 2 places -
// 1); lse (batch, steps); target (batch, places). One workgroup per image goes back through the steps. It
// keeps, of the step ahead, what a path that arrives in a state has still to come; each invocation then adds
// up the states of its classes, in order, so that no two write the same place.
#include "interface.glsl"
#include "ctc.glsl"
#include "index.glsl"

shared float ahead[2][STATES];
shared float part[STATES]; // of the paths, that are in a state at this step

// What is to come after a state, from the step ahead.
float to_come(uint b, uint t, uint s, uint states) {
    if (t + 1 == steps)
        return s + 2 >= states ? 0.0 : IMPOSSIBLE;
    const uint next = (t + 1) & 1u;
    return join(ahead[next][s], s + 1 < states ? ahead[next][s + 1] : IMPOSSIBLE,
                s + 2 < states && skips(b, s + 2) ? ahead[next][s + 2] : IMPOSSIBLE);
}

float part_of_class(uint b, uint c, uint states) {
    float sum = 0.0;
    for (uint s = 0; s < states; s++)
        if (symbol_of(b, s) == c)
            sum += part[s];
    return sum;
}

void main() {
    const uint b = linear_group();
    if (b >= batch)
        return;
    const uint states = states_of(b), pitch = 2 * places - 1;
    const float scale = factor * dloss[b], end = likelihood[b];
    for (uint t = steps; t-- > 0;) {
        const uint step_row = b * steps + t, start = step_row * classes;
        for (uint s = gl_LocalInvocationIndex; s < states; s += gl_WorkGroupSize.x) {
            const float rest = to_come(b, t, s, states), begun = alpha[step_row * pitch + s];
            const uint symbol = symbol_of(b, s);
            const bool possible_rest = possible(rest);
            part[s] = possible_rest && possible(begun) ? exp(begun + rest - end) : 0.0;
            ahead[t & 1u][s] =
                possible_rest && symbol < classes ? rest + (logits[start + symbol] - lse[step_row]) : IMPOSSIBLE;
        }
        barrier();
        for (uint c = gl_LocalInvocationIndex; c < classes; c += gl_WorkGroupSize.x)
            dlogits[start + c] =
                possible(end) ? scale * (exp(logits[start + c] - lse[step_row]) - part_of_class(b, c, states)) : 0.0;
        barrier();
    }
}
