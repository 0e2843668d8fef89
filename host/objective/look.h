/* look.h: where a network looks: its attention over the patches of one image.
 *
 *     struct look look;
 *     TRY(look_build(g, &settings, &look));
 *     TRY(executor_create(&executor, g, device, false));       and load the parameters
 *     TRY(look_run(executor, &look, image, text, maps));       (1 + T, 1 + N)
 *
 * Row 0 of the maps is how much the class token takes from each token in the encoder's last block. In
 * pre-training that is the encoder which is trained, over the whole image: nothing is removed. Of a
 * recogniser, row 1 + t is how much the decoder's last layer takes from each token when it writes symbol t of
 * a text. Token 0 is the class token, then come the patches, row by row. Each is the mean over heads of
 *
 *     p[i, j] = exp(s[i, j]) / sum over j of exp(s[i, j]),     s = q k^T / sqrt(head width)
 *
 * so every row sums to 1. Training has no such matrix (attention keeps none); here queries and keys are read
 * from a graph of their own, and the host computes the formula in double precision.
 *
 * Source: Vaswani et al., NIPS 2017, equation 1.
 */
#ifndef MNSP_OBJECTIVE_LOOK_H
#define MNSP_OBJECTIVE_LOOK_H

#include "graph/executor.h"
#include "objective/objective.h"

/* Queries and keys of an attention: head h of row i begins at i * pitch + offset + h * head_width. */
struct look_layer {
    const struct tensor *q, *k;
    size_t q_pitch, q_offset, k_pitch, k_offset;
    size_t queries, keys, heads, head_width;
};

struct look {
    const struct tensor *image; /* (1, 3, H, W) */
    const struct tensor *text;  /* (1, T) unsigned; NULL without a recogniser's decoder */
    struct look_layer encoder, decoder;
    size_t tokens, length; /* 1 + N; T, or 0 without such a decoder */
};

/* Appends what is needed to an empty graph. Errors: STATUS_USAGE for impossible sizes. */
MNSP_NODISCARD enum status look_build(struct graph *g, const struct objective_settings *settings,
                                      struct look *look);

/* maps (1 + T, 1 + N). `text` (T): the symbols that were read, any after them; NULL where it reads none. */
MNSP_NODISCARD enum status look_run(struct executor *executor, const struct look *look, const float *image,
                                    const uint32_t *text, float *maps);

/* The mean over heads of the probabilities of `count` queries from `first` on -> (count, keys). */
void look_probabilities(float *out, const struct look_layer *layer, const float *q, const float *k,
                        size_t first, size_t count);

#endif
