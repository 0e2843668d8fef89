/* encoder.h: the vision transformer that everything here trains: student, teacher, and the recogniser's eyes.
 *
 *     const struct model_encoder student = {.prefix = "model_maeenc.", .training = GRAPH_TRAINABLE, ...};
 *     const struct tensor *z = model_encode_kept(g, &student, image, mask.kept);      (B, 1 + kept, D)
 *     const struct tensor *f = model_encode(g, &teacher, image);                      (B, 1 + N, D)
 *
 *     tokens = Patches(image) W^T + b + positions          N tokens, the grid row by row
 *     x = [class token + position 0; tokens, or those kept]
 *     x = Block(x), depth times; LayerNorm(x)
 *
 * Parameters have the names of published checkpoints behind the prefix: cls_token, pos_embed,
 * patch_embed.proj, blocks.<i>, norm. The position table pos_embed is stored but never trained. No dropout.
 * Sources: Dosovitskiy et al., ICLR 2021; He et al., CVPR 2022; spec/objectives/lmim.md.
 */
#ifndef MNSP_MODEL_ENCODER_H
#define MNSP_MODEL_ENCODER_H

#include "graph/operators.h"
#include "model/position.h"

struct model_encoder {
    const char *prefix;
    enum graph_training training;
    size_t image_height, image_width; /* of the images that pos_embed is for */
    size_t patch_height, patch_width;
    size_t width, depth, heads;
    size_t inner;                  /* width inside a block's feed-forward */
    enum position_table positions; /* initial value of pos_embed */
};

/* The grid of patches, and how many they are. */
size_t model_encoder_rows(const struct model_encoder *encoder);
size_t model_encoder_columns(const struct model_encoder *encoder);
size_t model_encoder_tokens(const struct model_encoder *encoder);

/* Checks the sizes; a mistake of the graph (graph_status) with a message for users if they cannot be. Returns
 * whether they can. The other functions rely on it. */
bool model_encoder_check(struct graph *g, const struct model_encoder *encoder);

/* image (B, 3, H, W) -> (B, 1 + N, D), the class token first. */
const struct tensor *model_encode(struct graph *g, const struct model_encoder *encoder,
                                  const struct tensor *image);

/* The same for the tokens kept (B, K) of graph_mask_tokens alone -> (B, 1 + K, D). */
const struct tensor *model_encode_kept(struct graph *g, const struct model_encoder *encoder,
                                       const struct tensor *image, const struct tensor *kept);

/* The image made `factor` times smaller, (B, 3, H / factor, W / factor) -> (B, 1 + N / factor^2, D): patches
 * of the same size, positions at their centres in the fine grid; row `scale` of the table scale_embed (., D)
 * is added to every token, class token included (NULL: nothing is). */
const struct tensor *model_encode_coarse(struct graph *g, const struct model_encoder *encoder,
                                         const struct tensor *image, size_t factor,
                                         const struct tensor *scale_embed, size_t scale);

/* The position table of a grid of patches made `factor` times coarser, (tokens, width), for encoder and
 * decoder; a state of the graph, since checkpoints of other programs do not have it. */
const struct tensor *model_coarse_positions(struct graph *g, const struct model_encoder *encoder,
                                            size_t factor, size_t width);

#endif
