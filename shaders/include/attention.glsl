// attention.glsl: what the three attention shaders share: which keys are visible and which are dropped.
//
// Include it after interface.glsl and philox.glsl.
#ifndef ATTENTION_GLSL
#define ATTENTION_GLSL

// Keys [0, count) are visible to `query` of a batch item: those inside its length, and for causal
// attention none after the query itself.
uint visible_keys(uint item, uint query) {
    uint count = keys;
    if (HAS_lengths)
        count = min(count, lengths[item]);
    if (causal != 0u)
        count = min(count, query + 1u);
    return count;
}

// The factor of probability (row, key) under dropout: 0 or 1 / (1 - dropout). row counts the rows of
// (batch, heads, queries).
float keep_factor(uint row, uint key) {
    if (!HAS_random || !(dropout > 0.0))
        return 1.0;
    const uvec3 state = uvec3(random[0], random[1], random[2]);
    const uint element = row * keys + key;
    const uint word = philox_block(state, stream, element / 4u)[element % 4u];
    return philox_float(word) >= dropout ? 1.0 / (1.0 - dropout) : 0.0;
}

#endif
