/* operators.h: the operators of spec/operators.def as functions that append nodes to a graph.
 *
 * Each returns its main output. Shapes: B batch, T tokens, D width; "rows" are all dimensions but the last
 * taken together. What an operator computes stands in spec/operators.md under its name. A shape that does
 * not fit is a mistake of the graph (graph_status).
 */
#ifndef MNSP_GRAPH_OPERATORS_H
#define MNSP_GRAPH_OPERATORS_H

#include "graph/graph.h"

/* ---- products and normalisation ---- */

/* c = op(a) op(b) + bias for matrices (m, k) (k, n) -> (m, n), or stacks of `batch` of them, into `c` that is there
 * already; bias (n) or NULL. */
struct graph_product {
    const struct tensor *a, *b, *bias;
    size_t batch, m, n, k;
    bool transpose_a, transpose_b;
    size_t rounding; /* enum precision */
};
void graph_append_product(struct graph *g, const struct tensor *c, const struct graph_product *product);
/* x W^T + bias: x (..., K), weight (N, K), bias (N) or NULL -> (..., N). */
const struct tensor *graph_linear(struct graph *g, const struct tensor *x, const struct tensor *weight,
                                  const struct tensor *bias);
/* weight and bias (D), or NULL for none. */
const struct tensor *graph_layernorm(struct graph *g, const struct tensor *x, const struct tensor *weight,
                                     const struct tensor *bias, float eps);
/* LayerNorm without affine; correction 0 divides the variance by D, 1 by D - 1. */
const struct tensor *graph_normalise(struct graph *g, const struct tensor *x, float eps, size_t correction);

/* ---- attention ---- */

/* One of q, k, v inside a tensor of rows: head h of row r starts at r * (width of the tensor) + offset +
 * h * head_width. */
struct graph_heads {
    const struct tensor *tensor; /* (B, T, pitch) */
    size_t offset;
};

struct graph_attention {
    struct graph_heads q, k, v;
    const struct tensor *lengths; /* (B) unsigned, keys visible per image, or NULL */
    size_t heads, head_width;
    bool causal;
    float dropout; /* of the probabilities */
};

/* Scaled dot-product attention with scale head_width^-1/2: -> (B, queries, heads * head_width). */
const struct tensor *graph_attention(struct graph *g, const struct graph_attention *attention);

/* ---- element by element ---- */

const struct tensor *graph_gelu(struct graph *g, const struct tensor *x);
const struct tensor *graph_add(struct graph *g, const struct tensor *a, const struct tensor *b);
const struct tensor *graph_scale(struct graph *g, const struct tensor *x, float factor);
/* rate 0 returns x. */
const struct tensor *graph_dropout(struct graph *g, const struct tensor *x, float rate);
const struct tensor *graph_random_uniform(struct graph *g, struct shape shape);

/* ---- rows ---- */

const struct tensor *graph_softmax(struct graph *g, const struct tensor *x);
/* y[r] = x[r] + table[first + r % period]: positions (period = tokens), one row for all (period = 1). */
const struct tensor *graph_add_rows(struct graph *g, const struct tensor *x, const struct tensor *table,
                                    size_t first, size_t period);
/* (period, D) repeated until it fills `shape`, whose last dimension is D. */
const struct tensor *graph_broadcast_rows(struct graph *g, const struct tensor *table, struct shape shape);
/* Sums the rows r with equal r % period: (rows, D) -> (period, D), each element rounded. */
const struct tensor *graph_sum_rows(struct graph *g, const struct tensor *x, size_t period,
                                    enum precision rounding);
/* Sum of all elements: -> (1). */
const struct tensor *graph_sum(struct graph *g, const struct tensor *x);
/* Along the last dimension but one: (B, Ta, D), (B, Tb, D) -> (B, Ta + Tb, D). */
const struct tensor *graph_concatenate(struct graph *g, const struct tensor *a, const struct tensor *b);
/* Rows first .. first + count - 1 along the last dimension but one; of a vector, its elements. */
const struct tensor *graph_slice(struct graph *g, const struct tensor *x, size_t first, size_t count);
/* x (B, R, D), index (B, C) -> (B, C, D). */
const struct tensor *graph_gather_rows(struct graph *g, const struct tensor *x, const struct tensor *index);
/* table (V, D), index (...) -> (..., D). */
const struct tensor *graph_embedding(struct graph *g, const struct tensor *table, const struct tensor *index);
/* y[b, index[b, i]] = x[b, i] in place: y (B, R, D), x (B, C, D), index (B, C) without equal ones in a
 * row. */
void graph_scatter_rows(struct graph *g, const struct tensor *y, const struct tensor *x,
                        const struct tensor *index);

struct graph_top {
    const struct tensor *value; /* (..., count), falling */
    const struct tensor *index; /* (..., count) unsigned: their columns */
};
/* The `count` largest elements of each row of x (..., D). */
struct graph_top graph_top_k(struct graph *g, const struct tensor *x, size_t count);

/* ---- images and masks ---- */

/* image (B, C, H, W) -> (B, patches, C * ph * pw), order within a patch (channel, row, column), or (row,
 * column, channel). */
const struct tensor *graph_patchify(struct graph *g, const struct tensor *image, size_t patch_height,
                                    size_t patch_width, bool channel_last);
/* 2 x 2 means of a grid of tokens (B, H * W, D) -> (B, H/2 * W/2, D). */
const struct tensor *graph_pool_tokens(struct graph *g, const struct tensor *x, size_t height, size_t width);
/* 2 x 2 means of an image (B, C, H, W) -> (B, C, H/2, W/2). */
const struct tensor *graph_pool_image(struct graph *g, const struct tensor *image);

struct graph_mask {
    const struct tensor *kept;    /* (B, kept) unsigned: indices of the kept tokens, by rising noise */
    const struct tensor *restore; /* (B, 1 + T) unsigned: tokens' places in [class, kept ..., mask token] */
    const struct tensor *removed; /* (B, T) unsigned: 1 for removed tokens */
};
/* noise (B, T): the `kept` tokens of least noise are kept. */
struct graph_mask graph_mask_tokens(struct graph *g, const struct tensor *noise, size_t kept);

/* ---- losses: scalars (1) ---- */

/* Sum over rows that count of sum_d (p - t)^2, times factor; removed NULL: all rows count. The gradient flows
 * to both. */
const struct tensor *graph_masked_mse(struct graph *g, const struct tensor *prediction,
                                      const struct tensor *target, const struct tensor *removed,
                                      float factor);
/* Sum over rows of factor * -log softmax(logits)[target], rows with target == ignore left out. */
const struct tensor *graph_cross_entropy(struct graph *g, const struct tensor *logits,
                                         const struct tensor *target, uint32_t ignore, float factor);

/* Sum over the images of -factor * log p(text). logits (B, T, classes); target (B, P) and length (B)
 * unsigned, the length with an end mark; a text that T steps cannot write counts 0. P is at most 200. */
const struct tensor *graph_ctc(struct graph *g, const struct tensor *logits, const struct tensor *target,
                               const struct tensor *length, uint32_t blank, float factor);

/* ---- updates: they change their first tensor ---- */

/* A new tensor to which each run adds factor * x; a run in which part (1, unsigned) is 0 begins anew. Use
 * it in another segment or make it an output: then it keeps its memory from run to run. */
const struct tensor *graph_accumulate(struct graph *g, const struct tensor *x, const struct tensor *part,
                                      float factor);
/* partial = sums of squares of as many pieces of x. */
void graph_square_sum(struct graph *g, const struct tensor *partial, const struct tensor *x);
/* -> (5): norm, factor, finite, and 1 - beta^t of step t, which the scaler counts. */
const struct tensor *graph_clip_factor(struct graph *g, const struct tensor *partial,
                                       const struct tensor *scaler, float limit, float beta1, float beta2);
/* Counts the step in the scaler (4): scale, good steps in a row, applied, skipped; and changes the
 * scale, unless period is 0. */
void graph_loss_scale(struct graph *g, const struct tensor *scaler, const struct tensor *control,
                      size_t period);

struct graph_adamw {
    const struct tensor *parameter, *m, *v, *gradient;
    const struct tensor *schedule; /* (1): rate */
    const struct tensor *control;  /* of graph_clip_factor */
    float rate_scale, beta1, beta2, epsilon, weight_decay;
};
void graph_adamw(struct graph *g, const struct graph_adamw *update);
/* `control` may be NULL. */
void graph_ema(struct graph *g, const struct tensor *average, const struct tensor *source,
               const struct tensor *control, float momentum);
/* The same for `count` pairs at once. Where sources lie side by side in a pack, their averages are put
 * side by side, too, and one node serves them all. */
struct graph_follower {
    const struct tensor *average, *source;
};
void graph_ema_all(struct graph *g, struct graph_follower *followers, size_t count,
                   const struct tensor *control, float momentum);

#endif
