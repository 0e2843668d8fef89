// ctc.glsl: what ctc and its gradient share: the states of a label, and sums of logarithms. Include it after
// interface.glsl.
//
// A label of n symbols has 2 n + 1 states: blank, symbol 0, blank, symbol 1, .. blank.
// Logarithms of probabilities are below 0; one of 0 is IMPOSSIBLE, a finite number, since
// infinities are not promised to stay such.
#ifndef CTC_GLSL
#define CTC_GLSL

const float IMPOSSIBLE = -1e30;
const uint STATES = 400; // 2 places - 1 at most

bool possible(float x) {
    return x > IMPOSSIBLE / 2.0;
}

// Of image b; its length counts an end mark.
uint states_of(uint b) {
    return 2 * clamp(length[b], 1u, places) - 1;
}

uint symbol_of(uint b, uint state) {
    return (state & 1u) == 1u ? target[b * places + state / 2] : blank;
}

// Whether a path may come from two states before.
bool skips(uint b, uint state) {
    return (state & 1u) == 1u && state >= 3 && symbol_of(b, state) != symbol_of(b, state - 2);
}

float scaled(float x, float largest) {
    return possible(x) ? exp(x - largest) : 0.0;
}

// log(exp(a) + exp(b) + exp(c))
float join(float a, float b, float c) {
    const float largest = max(a, max(b, c));
    if (!possible(largest))
        return IMPOSSIBLE;
    return largest + log(scaled(a, largest) + scaled(b, largest) + scaled(c, largest));
}

#endif
