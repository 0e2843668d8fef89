#include "objective/look.h"

#include "base/memory.h"
#include "objective/parts.h"

#include <math.h>
#include <stdlib.h>

/* ---- the graph ---- */

static size_t size_of(const struct graph_node *node, const char *name) {
    return node->numbers[operator_argument_index(node->operator, name)].size;
}

static const struct tensor *tensor_of(const struct graph_node *node, const char *name) {
    return node->tensors[operator_argument_index(node->operator, name)];
}

/* The attention that was appended last; its queries and keys are kept for the host. */
static struct look_layer last_attention(struct graph *g, const char *q_name, const char *k_name) {
    for (size_t i = graph_node_count(g); i-- > 0;) {
        const struct graph_node *const node = graph_node(g, i);
        if (node->operator!= OPERATOR_attention)
            continue;
        struct look_layer layer = {.q = tensor_of(node, "q"),
                                   .k = tensor_of(node, "k"),
                                   .q_pitch = size_of(node, "q_pitch"),
                                   .q_offset = size_of(node, "q_offset"),
                                   .k_pitch = size_of(node, "k_pitch"),
                                   .k_offset = size_of(node, "k_offset"),
                                   .queries = size_of(node, "queries"),
                                   .keys = size_of(node, "keys"),
                                   .heads = size_of(node, "heads"),
                                   .head_width = size_of(node, "head_width")};
        graph_output(g, layer.q, q_name);
        if (layer.k != layer.q)
            graph_output(g, layer.k, k_name);
        return layer;
    }
    graph_fail(g, STATUS_INTERNAL, "a network without attention has nothing to show");
    return (struct look_layer){0};
}

enum status look_build(struct graph *g, const struct objective_settings *settings, struct look *look) {
    const struct model_encoder encoder =
        objective_encoder(settings, objective_encoder_prefix(settings->kind), GRAPH_TRAINABLE);
    *look = (struct look){0};
    graph_set_precision(g, settings->precision);
    if (!model_encoder_check(g, &encoder))
        return graph_status(g);
    look->tokens = 1 + model_encoder_tokens(&encoder);
    look->image = objective_image(g, settings, 1, "image");
    const struct tensor *const features = model_encode(g, &encoder, look->image);
    graph_output(g, features, "features");
    look->encoder = last_attention(g, "encoder.q", "encoder.k");
    if (settings->kind != OBJECTIVE_RECOGNITION || settings->head == OBJECTIVE_HEAD_CTC)
        return graph_status(g);
    struct model_recogniser recogniser = objective_recogniser(settings);
    struct model_memory memory;
    recogniser.dropout = 0;
    if (!model_recogniser_check(g, &recogniser))
        return graph_status(g);
    look->length = recogniser.length;
    look->text = graph_input_unsigned(g, "text", SHAPE(1, recogniser.length));
    model_recogniser_memory(g, &recogniser, features, &memory);
    graph_output(g, model_recogniser_logits(g, &recogniser, look->text, NULL, &memory), "logits");
    look->decoder = last_attention(g, "decoder.q", "decoder.k");
    return graph_status(g);
}

/* ---- the formula ---- */

static double dot(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

/* Adds the probabilities of one query and head, each divided by the number of heads. */
static void add_head(float *out, const struct look_layer *layer, const float *query, const float *k,
                     size_t head) {
    const double scale = 1 / sqrt((double)layer->head_width);
    double largest = -INFINITY, sum = 0;
    const float *const first = k + layer->k_offset + head * layer->head_width;
    for (size_t j = 0; j < layer->keys; j++)
        largest = fmax(largest, scale * dot(query, first + j * layer->k_pitch, layer->head_width));
    for (size_t j = 0; j < layer->keys; j++)
        sum += exp(scale * dot(query, first + j * layer->k_pitch, layer->head_width) - largest);
    for (size_t j = 0; j < layer->keys; j++) {
        const double score = scale * dot(query, first + j * layer->k_pitch, layer->head_width);
        out[j] += (float)(exp(score - largest) / sum / (double)layer->heads);
    }
}

void look_probabilities(float *out, const struct look_layer *layer, const float *q, const float *k,
                        size_t first, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float *const row = out + i * layer->keys;
        for (size_t j = 0; j < layer->keys; j++)
            row[j] = 0;
        for (size_t head = 0; head < layer->heads; head++)
            add_head(row, layer,
                     q + (first + i) * layer->q_pitch + layer->q_offset + head * layer->head_width, k, head);
    }
}

/* ---- running ---- */

static enum status read_layer(struct executor *executor, const struct look_layer *layer, float *out,
                              size_t count) {
    float *q, *k = NULL;
    TRY(memory_new(&q, layer->q->elements, sizeof *q));
    enum status status = memory_new(&k, layer->k->elements, sizeof *k);
    if (status == STATUS_OK)
        status = executor_read(executor, layer->q, q);
    if (status == STATUS_OK)
        status = executor_read(executor, layer->k, k);
    if (status == STATUS_OK)
        look_probabilities(out, layer, q, k, 0, count);
    free(q);
    free(k);
    return status;
}

enum status look_run(struct executor *executor, const struct look *look, const float *image,
                     const uint32_t *text, float *maps) {
    TRY(executor_write(executor, look->image, image));
    if (look->text != NULL)
        TRY(executor_write(executor, look->text, text));
    TRY(executor_run(executor, 0));
    TRY(read_layer(executor, &look->encoder, maps, 1));
    return look->text == NULL ? STATUS_OK
                              : read_layer(executor, &look->decoder, maps + look->tokens, look->length);
}
