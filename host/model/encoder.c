#include "model/encoder.h"

#include "model/layer.h"

#include <math.h>
#include <stdio.h>

enum { CHANNELS = 3 };

/* ---- sizes ---- */

size_t model_encoder_rows(const struct model_encoder *encoder) {
    return encoder->image_height / encoder->patch_height;
}

size_t model_encoder_columns(const struct model_encoder *encoder) {
    return encoder->image_width / encoder->patch_width;
}

size_t model_encoder_tokens(const struct model_encoder *encoder) {
    return model_encoder_rows(encoder) * model_encoder_columns(encoder);
}

static bool is_square(size_t n) {
    const size_t side = (size_t)lround(sqrt((double)n));
    return side * side == n;
}

bool model_encoder_check(struct graph *g, const struct model_encoder *e) {
    if (e->patch_height == 0 || e->patch_width == 0 || e->image_height == 0 || e->image_width == 0 ||
        e->image_height % e->patch_height != 0 || e->image_width % e->patch_width != 0) {
        graph_fail(g, STATUS_USAGE, "an image of %zu x %zu cannot be cut into patches of %zu x %zu",
                   e->image_height, e->image_width, e->patch_height, e->patch_width);
        return false;
    }
    if (e->width == 0 || e->width % 4 != 0 || e->heads == 0 || e->width % e->heads != 0 || e->inner == 0) {
        graph_fail(
            g, STATUS_USAGE,
            "an encoder %zu wide cannot have %zu heads and %zu inside: the width must be a multiple of "
            "4 and of the heads",
            e->width, e->heads, e->inner);
        return false;
    }
    if (e->positions == POSITION_FOLDED && !is_square(model_encoder_tokens(e))) {
        graph_fail(
            g, STATUS_USAGE,
            "the folded position table needs a square number of patches, and %zu is none: use the true "
            "table",
            model_encoder_tokens(e));
        return false;
    }
    return true;
}

/* ---- the parts of a pass ---- */

static struct model_part part_of(struct graph *g, const struct model_encoder *encoder) {
    return model_part(g, encoder->prefix, encoder->training);
}

/* pos_embed (1, 1 + N, D), never trained. */
static const struct tensor *positions(const struct model_part *part, const struct model_encoder *e) {
    struct model_part frozen = *part;
    frozen.training = GRAPH_FROZEN;
    const size_t rows = model_encoder_rows(e), columns = model_encoder_columns(e);
    return model_parameter(&frozen, "pos_embed", SHAPE(1, 1 + rows * columns, e->width),
                           position_of_grid(e->positions, rows, columns));
}

/* A convolution whose step is its size, as a product: image (B, 3, H, W) -> (B, patches, D). */
static const struct tensor *embed_patches(const struct model_part *part, const struct model_encoder *e,
                                          const struct tensor *image) {
    const size_t inputs = CHANNELS * e->patch_height * e->patch_width;
    const struct tensor *const weight = model_parameter(
        part, "patch_embed.proj.weight", SHAPE(e->width, CHANNELS, e->patch_height, e->patch_width),
        model_xavier(inputs, e->width));
    /* what a framework's convolution starts with, which the programs leave as it is */
    const struct tensor *const bias = model_parameter(part, "patch_embed.proj.bias", SHAPE(e->width),
                                                      model_uniform((float)(1 / sqrt((double)inputs))));
    const struct tensor *const patches =
        graph_patchify(part->graph, image, e->patch_height, e->patch_width, false);
    return graph_linear(part->graph, patches, weight, bias);
}

/* [class token + its position; tokens (B, T, D)] -> (B, 1 + T, D) */
static const struct tensor *with_class_token(const struct model_part *part, const struct model_encoder *e,
                                             const struct tensor *tokens) {
    struct graph *const g = part->graph;
    const struct tensor *const token =
        model_parameter(part, "cls_token", SHAPE(1, 1, e->width), model_normal(0.02F));
    const struct tensor *const placed = graph_add_rows(g, token, positions(part, e), 0, 1);
    const struct shape shape = SHAPE(tokens->shape.of[0], 1, e->width);
    return graph_concatenate(g, graph_broadcast_rows(g, placed, shape), tokens);
}

static const struct tensor *blocks_and_norm(const struct model_part *part, const struct model_encoder *e,
                                            const struct tensor *x) {
    for (size_t i = 0; i < e->depth; i++) {
        const struct model_part block = model_inside(part, "blocks.%zu.", i);
        x = model_block(&block, x, e->heads, e->inner);
    }
    return model_norm(part, x, "norm", MODEL_NORM_EPS);
}

/* ---- the passes ---- */

const struct tensor *model_encode(struct graph *g, const struct model_encoder *encoder,
                                  const struct tensor *image) {
    return model_encode_kept(g, encoder, image, NULL);
}

const struct tensor *model_encode_kept(struct graph *g, const struct model_encoder *encoder,
                                       const struct tensor *image, const struct tensor *kept) {
    const struct model_part part = part_of(g, encoder);
    const struct tensor *tokens = embed_patches(&part, encoder, image);
    tokens = graph_add_rows(g, tokens, positions(&part, encoder), 1, model_encoder_tokens(encoder));
    if (kept != NULL)
        tokens = graph_gather_rows(g, tokens, kept);
    return blocks_and_norm(&part, encoder, with_class_token(&part, encoder, tokens));
}

const struct tensor *model_encode_coarse(struct graph *g, const struct model_encoder *encoder,
                                         const struct tensor *image, size_t factor,
                                         const struct tensor *scale_embed, size_t scale) {
    const struct model_part part = part_of(g, encoder);
    const struct tensor *const table = model_coarse_positions(g, encoder, factor, encoder->width);
    const struct tensor *tokens = embed_patches(&part, encoder, image);
    tokens = graph_add_rows(g, tokens, table, 0, model_encoder_tokens(encoder) / (factor * factor));
    const struct tensor *x = with_class_token(&part, encoder, tokens);
    if (scale_embed != NULL)
        x = graph_add_rows(g, x, scale_embed, scale, 1);
    return blocks_and_norm(&part, encoder, x);
}

const struct tensor *model_coarse_positions(struct graph *g, const struct model_encoder *encoder,
                                            size_t factor, size_t width) {
    const size_t columns = model_encoder_columns(encoder) / factor;
    const size_t tokens = model_encoder_rows(encoder) / factor * columns;
    char name[MODEL_NAME_SIZE];
    snprintf(name, sizeof name, "positions.%zux%zu", tokens, width);
    return graph_state(g, name, SHAPE(tokens, width), position_of_coarse_grid(columns, factor));
}
