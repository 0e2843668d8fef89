/* recogniser.h: reads the word in an image: encoder, bridge, and a decoder that writes one symbol after the
 * other.
 *
 *     const struct tensor *f = model_encode(g, &encoder, image);                (B, 1 + N, D)
 *     struct model_memory memory;
 *     model_recogniser_memory(g, &r, f, &memory);                              keys and values of every layer
 *     const struct tensor *l = model_recogniser_logits(g, &r, text, length, &memory);      (B, T, classes)
 *
 * Row t of the logits is about symbol t of the text and depends on the symbols before it only: the decoder's
 * input is BOS, then the text shifted by one. So the same graph serves training, where the text is the label,
 * and reading, where it is what has been read so far.
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

#endif
