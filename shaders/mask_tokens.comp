#version 450
#extension GL_GOOGLE_include_directive : require
// mask_tokens: which tokens an image keeps, by the order of its noise.
//
//     rank[i] = how many j have noise[j] < noise[i], or equal noise and j < i
//     removed[i] = rank[i] >= kept
//     kept_index[rank[i]] = i                  where rank[i] < kept
//     restore_index[0] = 0,    restore_index[1 + i] = 1 + min(rank[i], kept)
//
// noise (batch, tokens); kept_index (batch, kept); restore_index (batch, 1 + tokens); removed (batch,
// tokens). One invocation per token counts the smaller ones of its image: there are a few hundred at most.
// Noise is compared as integers in the same order, which denormals and the treatment of NaN cannot change.
#define TYPE_noise uint
#include "interface.glsl"
#include "index.glsl"
#include "order.glsl"

void main() {
    const uint i = linear_invocation();
    if (i >= batch * tokens)
        return;
    const uint image = i / tokens, token = i % tokens;
    const uint mine = order_of(noise[i]);
    uint rank = 0u;
    for (uint j = 0u; j < tokens; j++) {
        const uint other = order_of(noise[image * tokens + j]);
        if (other < mine || (other == mine && j < token))
            rank++;
    }
    if (rank < kept)
        kept_index[image * kept + rank] = token;
    if (token == 0u)
        restore_index[image * (1u + tokens)] = 0u;
    restore_index[image * (1u + tokens) + 1u + token] = 1u + min(rank, kept);
    removed[i] = rank >= kept ? 1u : 0u;
}
