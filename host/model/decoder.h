/* decoder.h: the decoders of pre-training. They are thrown away afterwards.
 *
 *     x = model_decoder_queries(g, &d, embedded, mask.restore);                     (B, 1 + N, E)
 *     x = model_decode_alone(g, &d, x);                       MAE: attention among the queries
 *     x = model_decode_with(g, &d, x, memory);                LMIM: and to a memory (B, M, E)
 *     p = model_decoder_predict(g, x, "decoder_pred", outputs);                      (B, N, outputs)
 *
 * Parameters have the names of published checkpoints: mask_token, decoder_pos_embed (never trained),
 * decoder_blocks.<i>, decoder_norm. Sources: He et al., CVPR 2022; spec/objectives/mae.md and lmim.md.
 */
#ifndef MNSP_MODEL_DECODER_H
#define MNSP_MODEL_DECODER_H

#include "graph/operators.h"
#include "model/position.h"

struct model_decoder {
    size_t rows, columns; /* the grid of tokens */
    size_t width, depth, heads;
    size_t inner;                  /* width inside a layer's feed-forward */
    float dropout;                 /* of model_decode_with; model_decode_alone has none */
    enum position_table positions; /* initial value of decoder_pos_embed */
};

/* Checks the sizes, as model_encoder_check. */
bool model_decoder_check(struct graph *g, const struct model_decoder *decoder);

/* decoder_pos_embed (1, 1 + N, E). */
const struct tensor *model_decoder_positions(struct graph *g, const struct model_decoder *decoder);

/* The linear map <name> from the encoder's width to the decoder's: (B, T, D) -> (B, T, E). */
const struct tensor *model_decoder_embed(struct graph *g, const struct model_decoder *decoder,
                                         const char *name, const struct tensor *x);

/* embedded (B, 1 + kept, E), restore of graph_mask_tokens: every token back in its place, the mask token
 * where it was removed, plus positions -> (B, 1 + N, E). */
const struct tensor *model_decoder_queries(struct graph *g, const struct model_decoder *decoder,
                                           const struct tensor *embedded, const struct tensor *restore);

/* The blocks of a vision transformer and a LayerNorm: (B, T, E) -> (B, T, E). */
const struct tensor *model_decode_alone(struct graph *g, const struct model_decoder *decoder,
                                        const struct tensor *x);

/* Layers of self-attention, attention to memory (B, M, E) and feed-forward, post-norm, and a LayerNorm.
 * Source: Vaswani et al., NIPS 2017, section 3.1, with GELU. */
const struct tensor *model_decode_with(struct graph *g, const struct model_decoder *decoder,
                                       const struct tensor *x, const struct tensor *memory);

/* The linear map <head> on all but the class token's row: (B, 1 + N, E) -> (B, N, outputs). */
const struct tensor *model_decoder_predict(struct graph *g, const struct tensor *x, const char *head,
                                           size_t outputs);

#endif
