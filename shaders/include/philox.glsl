// philox.glsl: Philox 4x32-10, the same bits as host/base/philox.c (spec/numerics.md, "Random numbers").
#ifndef PHILOX_GLSL
#define PHILOX_GLSL

// The four words of the block that holds elements 4 * block .. 4 * block + 3 of a stream at a step.
// state: seed low, seed high, step.
uvec4 philox_block(uvec3 state, uint stream, uint block) {
    uvec4 c = uvec4(block, stream, state.z, 0u);
    uvec2 k = state.xy;
    for (int round = 0; round < 10; round++) {
        uint high0, low0, high1, low1;
        umulExtended(0xD2511F53u, c.x, high0, low0);
        umulExtended(0xCD9E8D57u, c.z, high1, low1);
        c = uvec4(high1 ^ c.y ^ k.x, low1, high0 ^ c.w ^ k.y, low0);
        k += uvec2(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// A word as a float in [0, 1): its upper 24 bits times 2^-24, exact.
float philox_float(uint word) {
    return float(word >> 8) * 5.9604644775390625e-8;
}

#endif
