/* layer.h: the parts that every network here is made of: linear maps, norms, and the transformer block.
 *
 * A part of a model is a prefix for the names of its parameters; a layer declares what it needs below it:
 *
 *     const struct model_part encoder = model_part(g, "model_maeenc.", GRAPH_TRAINABLE);
 *     const struct model_part block = model_inside(&encoder, "blocks.%zu.", i);
 *     x = model_linear(&block, x, "mlp.fc1", 1536);        model_maeenc.blocks.0.mlp.fc1.weight and .bias
 *
 * Two calls under the same name share their parameters.
 */
#ifndef MNSP_MODEL_LAYER_H
#define MNSP_MODEL_LAYER_H

#include "graph/operators.h"

enum { MODEL_NAME_SIZE = 96 };

struct model_part {
    struct graph *graph;
    char prefix[MODEL_NAME_SIZE];
    enum graph_training training;
};

struct model_part model_part(struct graph *g, const char *prefix, enum graph_training training);
/* The part below `part` whose names begin with the formatted text. */
struct model_part model_inside(const struct model_part *part, const char *format, ...) MNSP_PRINTF(2, 3);

/* The parameter <prefix><name>. */
const struct tensor *model_parameter(const struct model_part *part, const char *name, struct shape shape,
                                     struct initial initial);

/* ---- initial values ---- */

struct initial model_constant(float value);
struct initial model_normal(float deviation);
struct initial model_uniform(float bound);
/* Uniform in +-sqrt(6 / (inputs + outputs)). Source: Glorot, Bengio, "Understanding the difficulty of
 * training deep feedforward neural networks", AISTATS 2010, equation 16. */
struct initial model_xavier(size_t inputs, size_t outputs);

/* ---- layers; x is (..., inputs) ---- */

/* x W^T + b with <name>.weight (outputs, inputs), Xavier, and <name>.bias (outputs), 0. */
const struct tensor *model_linear(const struct model_part *part, const struct tensor *x, const char *name,
                                  size_t outputs);
/* x W^T with <name>.weight alone. */
const struct tensor *model_project(const struct model_part *part, const struct tensor *x, const char *name,
                                   size_t outputs);
/* LayerNorm with <name>.weight, 1, and <name>.bias, 0. */
const struct tensor *model_norm(const struct model_part *part, const struct tensor *x, const char *name,
                                float eps);

/* The pre-norm block of a vision transformer, x (B, T, D), names norm1, attn.qkv, attn.proj, norm2, mlp.fc1,
 * mlp.fc2; `inner` is the width between fc1 and fc2. Source: Dosovitskiy et al., "An image is worth 16x16
 * words", ICLR 2021, equations 2 and 3. */
const struct tensor *model_block(const struct model_part *block, const struct tensor *x, size_t heads,
                                 size_t inner);

/* eps of the norms in blocks and pre-training decoders. */
#define MODEL_NORM_EPS 1e-6F

#endif
