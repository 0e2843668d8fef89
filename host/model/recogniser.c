#include "model/recogniser.h"

#include "model/layer.h"
#include "model/position.h"

#define BRIDGE_EPS 1e-5F
#define LAYER_EPS  1e-5F
#define LAST_EPS   1e-6F

/* ---- sizes and symbols ---- */

size_t model_recogniser_eos(const struct model_recogniser *recogniser) {
    return recogniser->characters;
}

size_t model_recogniser_pad(const struct model_recogniser *recogniser) {
    return recogniser->characters + 1;
}

size_t model_recogniser_bos(const struct model_recogniser *recogniser) {
    return recogniser->characters + 3;
}

size_t model_recogniser_classes(const struct model_recogniser *recogniser) {
    return recogniser->characters + 3;
}

bool model_recogniser_check(struct graph *g, const struct model_recogniser *r) {
    if (r->depth == 0 || r->depth > MODEL_MAX_RECOGNISER_DEPTH || r->length < 2 ||
        r->length > MODEL_TEXT_POSITIONS || r->characters == 0) {
        graph_fail(
            g, STATUS_USAGE,
            "a recogniser cannot have %zu layers, %zu positions and %zu characters: 1 to %d layers and 2 "
            "to %d positions are possible",
            r->depth, r->length, r->characters, MODEL_MAX_RECOGNISER_DEPTH, MODEL_TEXT_POSITIONS);
        return false;
    }
    if (r->width == 0 || r->heads == 0 || r->width % r->heads != 0 || r->inner == 0 ||
        !(r->dropout >= 0 && r->dropout < 1)) {
        graph_fail(
            g, STATUS_USAGE,
            "a recogniser %zu wide cannot have %zu heads, %zu inside and dropout %g: the width must be a "
            "multiple of the heads, dropout below 1",
            r->width, r->heads, r->inner, (double)r->dropout);
        return false;
    }
    return true;
}

static struct model_part layer_of(struct graph *g, size_t i) {
    const struct model_part part = model_part(g, "decoder.", GRAPH_TRAINABLE);
    return model_inside(&part, "layer_stack.%zu.", i);
}

/* ---- the image's side ---- */

void model_recogniser_memory(struct graph *g, const struct model_recogniser *r, const struct tensor *features,
                             struct model_memory *memory) {
    const struct model_part bridge = model_part(g, "linear_norm.", GRAPH_TRAINABLE);
    const struct tensor *x = model_linear(&bridge, features, "0", r->width);
    x = model_norm(&bridge, x, "1", BRIDGE_EPS);
    for (size_t i = 0; i < r->depth; i++) {
        const struct model_part layer = layer_of(g, i);
        memory->key[i] = model_project(&layer, x, "enc_attn.linear_k", r->width);
        memory->value[i] = model_project(&layer, x, "enc_attn.linear_v", r->width);
    }
}

/* ---- the text's side ---- */

static const struct tensor *symbol_table(struct graph *g, const struct model_recogniser *r) {
    const struct model_part part = model_part(g, "decoder.", GRAPH_TRAINABLE);
    return model_parameter(&part, "trg_word_emb.weight", SHAPE(model_recogniser_bos(r) + 1, r->width),
                           model_normal(1));
}

static const struct tensor *position_table(struct graph *g, const struct model_recogniser *r) {
    return graph_parameter(g, "decoder.position_enc.position_table", SHAPE(1, MODEL_TEXT_POSITIONS, r->width),
                           GRAPH_FROZEN, position_of_text());
}

/* Embeddings of BOS and the text shifted by one, plus positions: text (B, T) -> (B, T, E). */
static const struct tensor *embed_text(struct graph *g, const struct model_recogniser *r,
                                       const struct tensor *text) {
    const size_t batch = text->shape.of[0];
    const struct tensor *const table = symbol_table(g, r);
    const struct tensor *const start =
        graph_broadcast_rows(g, graph_slice(g, table, model_recogniser_bos(r), 1), SHAPE(batch, 1, r->width));
    const struct tensor *const before = graph_slice(g, graph_embedding(g, table, text), 0, r->length - 1);
    const struct tensor *const x = graph_concatenate(g, start, before);
    return graph_dropout(g, graph_add_rows(g, x, position_table(g, r), 0, r->length), r->dropout);
}

/* Dropout(Attention(q, k, v) W^T), heads side by side. */
static const struct tensor *attend(const struct model_part *layer, const struct model_recogniser *r,
                                   const char *output, const struct graph_attention *heads) {
    struct graph *const g = layer->graph;
    return graph_dropout(g, model_project(layer, graph_attention(g, heads), output, r->width), r->dropout);
}

/* Keys or values x (B, K, E) of its new position of texts that are being written are put beside those of the
 * positions before -> (B K, T, E). Each row of the cache belongs to one of the texts, but a text may go on
 * from what another has written; then `history` says in which rows its positions stand. */
static const struct tensor *remember(const struct model_part *layer, const struct model_recogniser *r,
                                     const struct model_next *next, const struct tensor *x,
                                     const char *name) {
    struct graph *const g = layer->graph;
    const size_t batch = next->symbol->shape.of[0], texts = next->symbol->elements;
    const struct shape shape = SHAPE(texts, r->length, r->width);
    const struct tensor *const cache =
        graph_state(g, model_inside(layer, "%s", name).prefix, shape, model_constant(0));
    graph_scatter_rows(g, cache, x, graph_view(g, next->position, SHAPE(texts, 1)));
    if (next->history == NULL)
        return cache;
    const struct tensor *const rows = graph_view(g, cache, SHAPE(batch, texts / batch * r->length, r->width));
    return graph_view(g, graph_gather_rows(g, rows, next->history), shape);
}

/* A position sees itself and those before it: of a text that is there as a whole, whose first `length`
 * symbols count, or of one that is being written. */
static const struct tensor *self_attention(const struct model_part *layer, const struct model_recogniser *r,
                                           const struct tensor *x, const struct tensor *length,
                                           const struct model_next *next) {
    struct graph *const g = layer->graph;
    const struct tensor *const q = model_project(layer, x, "self_attn.linear_q", r->width);
    const struct tensor *const k = model_project(layer, x, "self_attn.linear_k", r->width);
    const struct tensor *const v = model_project(layer, x, "self_attn.linear_v", r->width);
    struct graph_attention heads = {.q = {q, 0},
                                    .k = {k, 0},
                                    .v = {v, 0},
                                    .lengths = length,
                                    .heads = r->heads,
                                    .head_width = r->width / r->heads,
                                    .causal = true,
                                    .dropout = r->dropout};
    if (next != NULL) {
        heads.q.tensor = graph_view(g, q, SHAPE(next->symbol->elements, 1, r->width));
        heads.k.tensor = remember(layer, r, next, k, "cache.key");
        heads.v.tensor = remember(layer, r, next, v, "cache.value");
        heads.lengths = next->length;
        heads.causal = false;
    }
    return attend(layer, r, "self_attn.fc", &heads);
}

static const struct tensor *image_attention(const struct model_part *layer, const struct model_recogniser *r,
                                            const struct tensor *x, const struct tensor *key,
                                            const struct tensor *value) {
    const struct graph_attention heads = {.q = {model_project(layer, x, "enc_attn.linear_q", r->width), 0},
                                          .k = {key, 0},
                                          .v = {value, 0},
                                          .heads = r->heads,
                                          .head_width = r->width / r->heads,
                                          .dropout = r->dropout};
    return attend(layer, r, "enc_attn.fc", &heads);
}

static const struct tensor *feed_forward(const struct model_part *layer, const struct model_recogniser *r,
                                         const struct tensor *x) {
    struct graph *const g = layer->graph;
    const struct tensor *hidden = graph_gelu(g, model_linear(layer, x, "mlp.w_1", r->inner));
    hidden = graph_dropout(g, hidden, r->dropout);
    return graph_dropout(g, model_linear(layer, hidden, "mlp.w_2", r->width), r->dropout);
}

/* x (B, T, E) -> logits; `length` and `next` as in self_attention. */
static const struct tensor *decode(struct graph *g, const struct model_recogniser *r, const struct tensor *x,
                                   const struct tensor *length, const struct model_next *next,
                                   const struct model_memory *memory) {
    for (size_t i = 0; i < r->depth; i++) {
        const struct model_part layer = layer_of(g, i);
        graph_block_begin(g);
        const struct tensor *const normal = model_norm(&layer, x, "norm1", LAYER_EPS);
        x = graph_add(g, x, self_attention(&layer, r, normal, length, next));
        const struct tensor *const query = model_norm(&layer, x, "norm2", LAYER_EPS);
        x = graph_add(g, x, image_attention(&layer, r, query, memory->key[i], memory->value[i]));
        x = graph_add(g, x, feed_forward(&layer, r, model_norm(&layer, x, "norm3", LAYER_EPS)));
        graph_block_end(g);
    }
    const struct model_part part = model_part(g, "decoder.", GRAPH_TRAINABLE);
    x = model_norm(&part, x, "layer_norm", LAST_EPS);
    return model_linear(&part, x, "classifier", model_recogniser_classes(r));
}

const struct tensor *model_recogniser_logits(struct graph *g, const struct model_recogniser *r,
                                             const struct tensor *text, const struct tensor *length,
                                             const struct model_memory *memory) {
    return decode(g, r, embed_text(g, r, text), length, NULL, memory);
}

const struct tensor *model_recogniser_next(struct graph *g, const struct model_recogniser *r,
                                           const struct model_next *next, const struct model_memory *memory) {
    const struct tensor *const position = graph_view(g, next->position, next->symbol->shape);
    const struct tensor *const x = graph_add(g, graph_embedding(g, symbol_table(g, r), next->symbol),
                                             graph_embedding(g, position_table(g, r), position));
    return decode(g, r, graph_dropout(g, x, r->dropout), NULL, next, memory);
}
