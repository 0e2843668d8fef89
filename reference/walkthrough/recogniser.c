/* recogniser.c: a word's image to its text, a symbol at a time, and the loss that it is trained with.
 *
 * Source: Vaswani et al., "Attention is all you need", NIPS 2017, with norms before the layers;
 * spec/objectives/recogniser.md.
 */
#include "reference/walkthrough/parts.h"

#include <math.h>

enum { TABLE_POSITIONS = 200 };

/* Bridge from the encoder's width to the decoder's: (B, 1 + N, E). */
static float *see(struct walkthrough *w, const float *image) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t rows = s->batch * (1 + walk_token_count(s));
    const float *const features = walk_encode(w, "encoder.", image, NULL);
    const float *const x = walk_linear(w, features, rows, s->width, s->decoder_width, "linear_norm.0");
    return walk_layernorm(w, x, rows, s->decoder_width, 1e-5F, "linear_norm.1");
}

/* Attention of x (B, queries, E) to y (B, keys, E); `causal`: only to keys that do not come later, and to the
 * first `length` (B) ones. No biases. */
static float *attention(struct walkthrough *w, const float *x, size_t queries, const float *y, size_t keys,
                        int causal, const uint32_t *length, const char *prefix) {
    const size_t B = w->sizes.batch, E = w->sizes.decoder_width, heads = w->sizes.decoder_heads;
    const float *const q = walk_project(w, x, B * queries, E, E, "%slinear_q", prefix);
    const float *const k = walk_project(w, y, B * keys, E, E, "%slinear_k", prefix);
    const float *const v = walk_project(w, y, B * keys, E, E, "%slinear_v", prefix);
    float *const z = walk_floats(w, B * queries * E), *const lse = walk_floats(w, B * heads * queries);
    reference_attention(z, lse, q, k, v, length, NULL, B, heads, queries, keys, E / heads, E, 0, E, 0, E, 0,
                        (size_t)causal, 0, 0, 1 / sqrtf((float)(E / heads)), 0);
    return walk_project(w, z, B * queries, E, E, "%sfc", prefix);
}

/* A layer: x = x + SelfAttention(LN(x)), x = x + Attention(LN(x), memory), x = x + FeedForward(LN(x)). */
static float *layer(struct walkthrough *w, const float *x, const uint32_t *length, const float *memory,
                    const char *prefix) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t T = s->length, rows = s->batch * T, E = s->decoder_width, keys = 1 + walk_token_count(s);
    const float *normal = walk_layernorm(w, x, rows, E, 1e-5F, "%snorm1", prefix);
    x = walk_add(w, x, attention(w, normal, T, normal, T, 1, length, walk_name(w, "%sself_attn.", prefix)),
                 rows * E);

    normal = walk_layernorm(w, x, rows, E, 1e-5F, "%snorm2", prefix);
    x = walk_add(w, x, attention(w, normal, T, memory, keys, 0, NULL, walk_name(w, "%senc_attn.", prefix)),
                 rows * E);

    normal = walk_layernorm(w, x, rows, E, 1e-5F, "%snorm3", prefix);
    const float *const hidden = walk_gelu(
        w, walk_linear(w, normal, rows, E, s->decoder_inner, "%smlp.w_1", prefix), rows * s->decoder_inner);
    return walk_add(w, x, walk_linear(w, hidden, rows, s->decoder_inner, E, "%smlp.w_2", prefix), rows * E);
}

/* text (B, T) -> logits (B, T, classes): row t is about symbol t and sees the symbols before it. */
static float *write_logits(struct walkthrough *w, const uint32_t *text, const uint32_t *length,
                           const float *memory) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, T = s->length, E = s->decoder_width;
    const size_t classes = s->characters + 3, symbols = s->characters + 4;

    /* The input is BOS, then the text without its last symbol. */
    uint32_t *const input = walk_words(w, B * T);
    for (size_t b = 0; b < B; b++)
        for (size_t t = 0; t < T; t++)
            input[b * T + t] = t == 0 ? (uint32_t)(symbols - 1) : text[b * T + t - 1];
    float *const embedded = walk_floats(w, B * T * E), *const placed = walk_floats(w, B * T * E);
    reference_gather_rows(embedded, walk_weight(w, symbols * E, "decoder.trg_word_emb.weight"), input, 1,
                          symbols, B * T, E);
    reference_add_rows(placed, embedded,
                       walk_weight(w, TABLE_POSITIONS * E, "decoder.position_enc.position_table"), B * T, E,
                       T, 0);

    const float *x = placed; /* (B, T, E) */
    for (size_t i = 0; i < s->decoder_depth; i++) {
        x = layer(w, x, length, memory, walk_name(w, "decoder.layer_stack.%zu.", i));
    }
    x = walk_layernorm(w, x, B * T, E, 1e-6F, "decoder.layer_norm");
    return walk_linear(w, x, B * T, E, classes, "decoder.classifier");
}

/* ---- training: -log p summed over the positions up to EOS, divided by the images ---- */

static void recognition(struct walkthrough *w, float *loss, const float *image, const uint32_t *target,
                        const uint32_t *length) {
    const size_t rows = w->sizes.batch * w->sizes.length, classes = w->sizes.characters + 3;
    const size_t PAD = w->sizes.characters + 1;
    const float *const logits = write_logits(w, target, length, see(w, image));
    float *const row = walk_floats(w, rows), *const lse = walk_floats(w, rows);
    reference_cross_entropy(row, lse, logits, target, rows, classes, PAD,
                            (float)(1 / (double)w->sizes.batch));
    reference_sum_rows(loss, row, rows, 1, 1, 0);
}

enum status walkthrough_recognition(float *loss, const struct walkthrough_weights *weights,
                                    const struct walkthrough_sizes *sizes, const float *image,
                                    const uint32_t *target, const uint32_t *length) {
    struct walkthrough w;
    WALKTHROUGH(w, weights, sizes, recognition(&w, loss, image, target, length));
}

/* ---- reading: the most probable symbol, then with it the next one ---- */

static void read_text(struct walkthrough *w, uint32_t *text, float *probability, const float *image) {
    const size_t B = w->sizes.batch, T = w->sizes.length, classes = w->sizes.characters + 3;
    const uint32_t EOS = (uint32_t)w->sizes.characters, PAD = EOS + 1;
    const float *const memory = see(w, image);
    float *const p = walk_floats(w, B * T * classes);
    for (size_t i = 0; i < B * T; i++) {
        text[i] = PAD;
        probability[i] = 0;
    }
    for (size_t t = 0; t < T; t++) {
        reference_softmax(p, write_logits(w, text, NULL, memory), B * T, classes);
        for (size_t b = 0; b < B; b++) {
            uint32_t *const symbol = text + b * T + t;
            if (t > 0 && (symbol[-1] == EOS || symbol[-1] == PAD))
                continue; /* this word has ended */
            const float *const row = p + (b * T + t) * classes;
            *symbol = 0;
            for (uint32_t c = 1; c < classes; c++)
                if (row[c] > row[*symbol])
                    *symbol = c;
            probability[b * T + t] = row[*symbol];
        }
    }
}

enum status walkthrough_read(uint32_t *text, float *probability, const struct walkthrough_weights *weights,
                             const struct walkthrough_sizes *sizes, const float *image) {
    struct walkthrough w;
    WALKTHROUGH(w, weights, sizes, read_text(&w, text, probability, image));
}
