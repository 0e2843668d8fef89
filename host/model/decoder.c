#include "model/decoder.h"

#include "model/layer.h"

static struct model_part part_of(struct graph *g) {
    return model_part(g, "", GRAPH_TRAINABLE);
}

bool model_decoder_check(struct graph *g, const struct model_decoder *d) {
    if (d->width != 0 && d->width % 4 == 0 && d->heads != 0 && d->width % d->heads == 0 && d->inner != 0 &&
        d->dropout >= 0 && d->dropout < 1)
        return true;
    graph_fail(g, STATUS_USAGE,
               "a decoder %zu wide cannot have %zu heads, %zu inside and dropout %g: the width must be a "
               "multiple of 4 and of the heads, dropout below 1",
               d->width, d->heads, d->inner, (double)d->dropout);
    return false;
}

/* ---- queries ---- */

const struct tensor *model_decoder_positions(struct graph *g, const struct model_decoder *d) {
    return graph_parameter(g, "decoder_pos_embed", SHAPE(1, 1 + d->rows * d->columns, d->width), GRAPH_FROZEN,
                           position_of_grid(d->positions, d->rows, d->columns));
}

const struct tensor *model_decoder_embed(struct graph *g, const struct model_decoder *decoder,
                                         const char *name, const struct tensor *x) {
    const struct model_part part = part_of(g);
    return model_linear(&part, x, name, decoder->width);
}

const struct tensor *model_decoder_queries(struct graph *g, const struct model_decoder *d,
                                           const struct tensor *embedded, const struct tensor *restore) {
    const struct model_part part = part_of(g);
    const struct tensor *const token =
        model_parameter(&part, "mask_token", SHAPE(1, 1, d->width), model_normal(0.02F));
    const struct shape one_per_image = SHAPE(embedded->shape.of[0], 1, d->width);
    const struct tensor *const rows =
        graph_concatenate(g, embedded, graph_broadcast_rows(g, token, one_per_image));
    const struct tensor *const x = graph_gather_rows(g, rows, restore);
    return graph_add_rows(g, x, model_decoder_positions(g, d), 0, 1 + d->rows * d->columns);
}

/* ---- MAE's decoder ---- */

const struct tensor *model_decode_alone(struct graph *g, const struct model_decoder *d,
                                        const struct tensor *x) {
    const struct model_part part = part_of(g);
    for (size_t i = 0; i < d->depth; i++) {
        const struct model_part block = model_inside(&part, "decoder_blocks.%zu.", i);
        x = model_block(&block, x, d->heads, d->inner);
    }
    return model_norm(&part, x, "decoder_norm", MODEL_NORM_EPS);
}

/* ---- LMIM's decoder ---- */

/* The maps of queries, keys and values, in one parameter (3 E, E) and its bias (3 E). */
struct packed {
    const struct tensor *weight, *bias;
};

static struct packed packed_maps(const struct model_part *attention, size_t width) {
    return (struct packed){
        .weight = model_parameter(attention, "in_proj_weight", SHAPE(3 * width, width),
                                  model_xavier(width, 3 * width)),
        .bias = model_parameter(attention, "in_proj_bias", SHAPE(3 * width), model_constant(0))};
}

/* x through the rows first .. first + count - 1 of the packed maps. */
static const struct tensor *through_rows(struct graph *g, const struct tensor *x, struct packed maps,
                                         size_t first, size_t count) {
    return graph_linear(g, x, graph_slice(g, maps.weight, first, count),
                        graph_slice(g, maps.bias, first, count));
}

/* Dropout(Attention(q, k, v) W^T + b) */
static const struct tensor *attend(const struct model_part *attention, const struct model_decoder *d,
                                   struct graph_heads q, struct graph_heads k, struct graph_heads v) {
    struct graph *const g = attention->graph;
    const struct graph_attention heads = {
        .q = q, .k = k, .v = v, .heads = d->heads, .head_width = d->width / d->heads, .dropout = d->dropout};
    const struct tensor *const y = graph_attention(g, &heads);
    return graph_dropout(g, model_linear(attention, y, "out_proj", d->width), d->dropout);
}

static const struct tensor *self_attention(const struct model_part *layer, const struct model_decoder *d,
                                           const struct tensor *x) {
    const struct model_part attention = model_inside(layer, "self_attn.");
    const struct packed maps = packed_maps(&attention, d->width);
    const struct tensor *const qkv = graph_linear(layer->graph, x, maps.weight, maps.bias);
    return attend(&attention, d, (struct graph_heads){qkv, 0}, (struct graph_heads){qkv, d->width},
                  (struct graph_heads){qkv, 2 * d->width});
}

static const struct tensor *cross_attention(const struct model_part *layer, const struct model_decoder *d,
                                            const struct tensor *x, const struct tensor *memory) {
    const struct model_part attention = model_inside(layer, "multihead_attn.");
    const struct packed maps = packed_maps(&attention, d->width);
    const struct tensor *const q = through_rows(layer->graph, x, maps, 0, d->width);
    const struct tensor *const kv = through_rows(layer->graph, memory, maps, d->width, 2 * d->width);
    return attend(&attention, d, (struct graph_heads){q, 0}, (struct graph_heads){kv, 0},
                  (struct graph_heads){kv, d->width});
}

static const struct tensor *feed_forward(const struct model_part *layer, const struct model_decoder *d,
                                         const struct tensor *x) {
    struct graph *const g = layer->graph;
    const struct tensor *hidden = graph_gelu(g, model_linear(layer, x, "linear1", d->inner));
    hidden = graph_dropout(g, hidden, d->dropout);
    return graph_dropout(g, model_linear(layer, hidden, "linear2", d->width), d->dropout);
}

const struct tensor *model_decode_with(struct graph *g, const struct model_decoder *d, const struct tensor *x,
                                       const struct tensor *memory) {
    const struct model_part part = part_of(g);
    for (size_t i = 0; i < d->depth; i++) {
        const struct model_part layer = model_inside(&part, "decoder_blocks.%zu.", i);
        graph_block_begin(g);
        x = model_norm(&layer, graph_add(g, x, self_attention(&layer, d, x)), "norm1", MODEL_NORM_EPS);
        x = model_norm(&layer, graph_add(g, x, cross_attention(&layer, d, x, memory)), "norm2",
                       MODEL_NORM_EPS);
        x = model_norm(&layer, graph_add(g, x, feed_forward(&layer, d, x)), "norm3", MODEL_NORM_EPS);
        graph_block_end(g);
    }
    return model_norm(&part, x, "decoder_norm", MODEL_NORM_EPS);
}

/* ---- heads ---- */

const struct tensor *model_decoder_predict(struct graph *g, const struct tensor *x, const char *head,
                                           size_t outputs) {
    const struct model_part part = part_of(g);
    const struct shape shape = x->shape; /* (B, 1 + N, E) */
    return model_linear(&part, graph_slice(g, x, 1, shape.of[shape.rank > 1 ? 1 : 0] - 1), head, outputs);
}
