/* decoder.c: the decoder of lmim and mnsp, which queries a memory.
 *
 *     x = LN1(x + SelfAttention(x))
 *     x = LN2(x + CrossAttention(x, memory))
 *     x = LN3(x + FeedForward(x)),   decoder_depth times
 *     LayerNorm(x) W^T + b, without the class token
 *
 * Source: Vaswani et al., "Attention is all you need", NIPS 2017, section 3.1; spec/objectives/lmim.md.
 */
#include "reference/walkthrough/parts.h"

#include <math.h>

#define EPS 1e-6F

float *walk_put_back(struct walkthrough *w, const float *embedded, const struct mask *mask) {
    const size_t B = w->sizes.batch, E = w->sizes.decoder_width, N = walk_token_count(&w->sizes);
    float *const masks = walk_floats(w, B * E), *const rows = walk_floats(w, B * (2 + mask->kept) * E);
    reference_broadcast_rows(masks, walk_weight(w, E, "mask_token"), B, E, 1);
    /* [class token, kept tokens, mask token], from which every place takes its own */
    reference_concatenate(rows, embedded, masks, B, 1 + mask->kept, 1, E);
    float *const x = walk_floats(w, B * (1 + N) * E), *const queries = walk_floats(w, B * (1 + N) * E);
    reference_gather_rows(x, rows, mask->restore, B, 2 + mask->kept, 1 + N, E);
    reference_add_rows(queries, x, walk_weight(w, (1 + N) * E, "decoder_pos_embed"), B * (1 + N), E, 1 + N,
                       0);
    return queries;
}

/* Attention of x (B, queries, E) to y (B, keys, E). The three maps are rows of one weight: queries, keys,
 * values. */
static float *attention(struct walkthrough *w, const float *x, size_t queries, const float *y, size_t keys,
                        const char *prefix) {
    const size_t B = w->sizes.batch, E = w->sizes.decoder_width, heads = w->sizes.decoder_heads;
    const float *const W = walk_weight(w, 3 * E * E, "%sin_proj_weight", prefix);
    const float *const b = walk_weight(w, 3 * E, "%sin_proj_bias", prefix);
    float *const q = walk_floats(w, B * queries * E), *const kv = walk_floats(w, B * keys * 2 * E);
    reference_product(q, x, W, b, 1, B * queries, E, E, 0, 1);
    reference_product(kv, y, W + E * E, b + E, 1, B * keys, 2 * E, E, 0, 1);
    float *const z = walk_floats(w, B * queries * E), *const lse = walk_floats(w, B * heads * queries);
    reference_attention(z, lse, q, kv, kv, NULL, NULL, B, heads, queries, keys, E / heads, E, 0, 2 * E, 0,
                        2 * E, E, 0, 0, 0, 1 / sqrtf((float)(E / heads)), 0);
    return walk_linear(w, z, B * queries, E, E, "%sout_proj", prefix);
}

static float *layer(struct walkthrough *w, const float *x, size_t queries, const float *memory, size_t keys,
                    const char *prefix) {
    const size_t rows = w->sizes.batch * queries, E = w->sizes.decoder_width, inner = w->sizes.decoder_inner;
    x = walk_add(w, x, attention(w, x, queries, x, queries, walk_name(w, "%sself_attn.", prefix)), rows * E);
    x = walk_layernorm(w, x, rows, E, EPS, "%snorm1", prefix);

    x = walk_add(w, x, attention(w, x, queries, memory, keys, walk_name(w, "%smultihead_attn.", prefix)),
                 rows * E);
    x = walk_layernorm(w, x, rows, E, EPS, "%snorm2", prefix);

    const float *const hidden =
        walk_gelu(w, walk_linear(w, x, rows, E, inner, "%slinear1", prefix), rows * inner);
    x = walk_add(w, x, walk_linear(w, hidden, rows, inner, E, "%slinear2", prefix), rows * E);
    return walk_layernorm(w, x, rows, E, EPS, "%snorm3", prefix);
}

float *walk_decode(struct walkthrough *w, const float *x, size_t queries, const float *memory, size_t keys) {
    const size_t B = w->sizes.batch, E = w->sizes.decoder_width;
    for (size_t i = 0; i < w->sizes.decoder_depth; i++) {
        x = layer(w, x, queries, memory, keys, walk_name(w, "decoder_blocks.%zu.", i));
    }
    x = walk_layernorm(w, x, B * queries, E, EPS, "decoder_norm");
    return walk_linear(w, walk_other_tokens(w, x, queries, E), B * (queries - 1), E, w->sizes.width,
                       "decoder_pred");
}
