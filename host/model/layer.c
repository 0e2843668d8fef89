#include "model/layer.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- parts and parameters ---- */

struct model_part model_part(struct graph *g, const char *prefix, enum graph_training training) {
    struct model_part part = {.graph = g, .training = training};
    if ((size_t)snprintf(part.prefix, sizeof part.prefix, "%s", prefix) >= sizeof part.prefix)
        graph_fail(g, STATUS_INTERNAL, "parameter name %s is too long", prefix);
    return part;
}

struct model_part model_inside(const struct model_part *part, const char *format, ...) {
    struct model_part inside = *part;
    const size_t length = strlen(part->prefix), room = sizeof inside.prefix - length;
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(inside.prefix + length, room, format, arguments);
    va_end(arguments);
    if (written < 0 || (size_t)written >= room)
        graph_fail(part->graph, STATUS_INTERNAL, "parameter name %s... is too long", inside.prefix);
    return inside;
}

const struct tensor *model_parameter(const struct model_part *part, const char *name, struct shape shape,
                                     struct initial initial) {
    const struct model_part whole = model_inside(part, "%s", name);
    return graph_parameter(part->graph, whole.prefix, shape, part->training, initial);
}

/* ---- initial values ---- */

struct initial model_constant(float value) {
    return (struct initial){.kind = INITIAL_CONSTANT, .value = value};
}

struct initial model_normal(float deviation) {
    return (struct initial){.kind = INITIAL_NORMAL, .value = deviation};
}

struct initial model_uniform(float bound) {
    return (struct initial){.kind = INITIAL_UNIFORM, .value = bound};
}

struct initial model_xavier(size_t inputs, size_t outputs) {
    return model_uniform((float)sqrt(6.0 / (double)(inputs + outputs)));
}

/* ---- layers ---- */

static size_t width_of(const struct tensor *x) {
    return x->shape.of[x->shape.rank - 1];
}

static const struct tensor *linear_weight(const struct model_part *part, size_t outputs, size_t inputs) {
    return model_parameter(part, "weight", SHAPE(outputs, inputs), model_xavier(inputs, outputs));
}

const struct tensor *model_linear(const struct model_part *part, const struct tensor *x, const char *name,
                                  size_t outputs) {
    const struct model_part linear = model_inside(part, "%s.", name);
    const struct tensor *const weight = linear_weight(&linear, outputs, width_of(x));
    const struct tensor *const bias = model_parameter(&linear, "bias", SHAPE(outputs), model_constant(0));
    return graph_linear(part->graph, x, weight, bias);
}

const struct tensor *model_project(const struct model_part *part, const struct tensor *x, const char *name,
                                   size_t outputs) {
    const struct model_part linear = model_inside(part, "%s.", name);
    return graph_linear(part->graph, x, linear_weight(&linear, outputs, width_of(x)), NULL);
}

const struct tensor *model_norm(const struct model_part *part, const struct tensor *x, const char *name,
                                float eps) {
    const struct model_part norm = model_inside(part, "%s.", name);
    const struct shape shape = SHAPE(width_of(x));
    const struct tensor *const weight = model_parameter(&norm, "weight", shape, model_constant(1));
    const struct tensor *const bias = model_parameter(&norm, "bias", shape, model_constant(0));
    return graph_layernorm(part->graph, x, weight, bias, eps);
}

/* ---- the block ---- */

static const struct tensor *self_attention(const struct model_part *block, const struct tensor *x,
                                           size_t heads) {
    const size_t width = width_of(x);
    const struct tensor *const qkv = model_linear(block, x, "attn.qkv", 3 * width);
    const struct graph_attention attention = {
        .q = {qkv, 0}, .k = {qkv, width}, .v = {qkv, 2 * width}, .heads = heads, .head_width = width / heads};
    return model_linear(block, graph_attention(block->graph, &attention), "attn.proj", width);
}

static const struct tensor *feed_forward(const struct model_part *block, const struct tensor *x,
                                         size_t inner) {
    const struct tensor *const hidden = graph_gelu(block->graph, model_linear(block, x, "mlp.fc1", inner));
    return model_linear(block, hidden, "mlp.fc2", width_of(x));
}

const struct tensor *model_block(const struct model_part *block, const struct tensor *x, size_t heads,
                                 size_t inner) {
    struct graph *const g = block->graph;
    graph_block_begin(g);
    x = graph_add(g, x, self_attention(block, model_norm(block, x, "norm1", MODEL_NORM_EPS), heads));
    x = graph_add(g, x, feed_forward(block, model_norm(block, x, "norm2", MODEL_NORM_EPS), inner));
    graph_block_end(g);
    return x;
}
