/* recogniser.h: reads the word in an image: encoder, bridge, and a decoder that writes one symbol after the
 * other.
 *
 *     const struct tensor *f = model_encode(g, &encoder, image);                (B, 1 + N, D)
 *     struct model_memory memory;
 *     model_recogniser_memory(g, &r, f, &memory);                              keys and values of every layer
 *     const struct tensor *l = model_recogniser_logits(g, &r, text, length, &memory);      (B, T, classes)
 *
 * Row t of the logits is about symbol t of the text and depends on the symbols before it only: the decoder's
 * input is BOS, then the text shifted by one. So a label is scored at once. A text that is not known yet is
 * written position by position, and the keys and values of those before are kept:
 *
 *     l = model_recogniser_next(g, &r, &next, &memory);                     (B, K, classes), a run for each
 *
 * Symbols: 0 .. characters - 1 are characters, then EOS, PAD and UNK, which are classes too, and BOS, which
 * only exists as an input. Parameters have the names of published checkpoints: linear_norm, decoder.
 * Sources: Vaswani et al., NIPS 2017, pre-norm; spec/objectives/recogniser.md.
 */
#ifndef MNSP_MODEL_RECOGNISER_H
#define MNSP_MODEL_RECOGNISER_H

#include "graph/operators.h"

enum { MODEL_MAX_RECOGNISER_DEPTH = 32, MODEL_TEXT_POSITIONS = 200 };

struct model_recogniser {
    size_t characters; /* of the character set, 94 for printable ASCII */
    size_t length;     /* positions T of a text, at most MODEL_TEXT_POSITIONS */
    size_t width, depth, heads;
    size_t inner; /* width inside a layer's feed-forward */
    float dropout;
};

/* The special symbols, and the number of classes. */
size_t model_recogniser_eos(const struct model_recogniser *recogniser);
size_t model_recogniser_pad(const struct model_recogniser *recogniser);
size_t model_recogniser_bos(const struct model_recogniser *recogniser);
size_t model_recogniser_classes(const struct model_recogniser *recogniser);

/* Checks the sizes, as model_encoder_check. */
bool model_recogniser_check(struct graph *g, const struct model_recogniser *recogniser);

/* What the decoder sees of the image: per layer, keys and values (B, 1 + N, E). They do not depend on the
 * text, so reading computes them once. */
struct model_memory {
    const struct tensor *key[MODEL_MAX_RECOGNISER_DEPTH], *value[MODEL_MAX_RECOGNISER_DEPTH];
};

/* features (B, M, D) -> bridge (linear, LayerNorm) -> keys and values. */
void model_recogniser_memory(struct graph *g, const struct model_recogniser *recogniser,
                             const struct tensor *features, struct model_memory *memory);

/* text (B, T) unsigned; length (B) unsigned, how many symbols count, or NULL for all -> (B, T, classes). */
const struct tensor *model_recogniser_logits(struct graph *g, const struct model_recogniser *recogniser,
                                             const struct tensor *text, const struct tensor *length,
                                             const struct model_memory *memory);

/* The next position of K texts that are written for each image. All are at the same position t, which goes up
 * from 0, one a run; so every input has equal numbers of t. */
struct model_next {
    const struct tensor *symbol;   /* (B, K) unsigned: the one before; BOS at t = 0 */
    const struct tensor *position; /* (B K) unsigned: t */
    const struct tensor *length;   /* (B K) unsigned: t + 1 */
    /* (B, K T) unsigned: text k finds its keys of position s <= t in those that text j computed, by
     * [b, k T + s] = j T + s; its own at t. NULL when each text only goes on from itself. */
    const struct tensor *history;
};

/* -> (B, K, classes), the same as row t of model_recogniser_logits. The caches are state of the graph. */
const struct tensor *model_recogniser_next(struct graph *g, const struct model_recogniser *recogniser,
                                           const struct model_next *next, const struct model_memory *memory);

#endif
