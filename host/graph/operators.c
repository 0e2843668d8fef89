#include "graph/operators.h"

#include "graph/operator_index.h"

#include <math.h>

/* ---- helpers ---- */

#define TENSOR(x)                                                                                            \
    { .tensor = (x) }
#define SIZE(x)                                                                                              \
    { .size = (x) }
#define REAL(x)                                                                                              \
    { .real = (x) }

/* APPEND(g, gelu, TENSOR(y), TENSOR(x), SIZE(count)): the values in the order of the table. */
#define APPEND(g, name, ...) graph_append(g, OPERATOR_##name, (const union graph_value[]){__VA_ARGS__})

static size_t last(const struct tensor *x) {
    return x->shape.of[x->shape.rank - 1];
}

static size_t rows(const struct tensor *x) {
    return x->elements / last(x);
}

/* Dimension `from_end` places before the last; 1 where there is none. */
static size_t dimension(const struct tensor *x, int from_end) {
    const int i = x->shape.rank - 1 - from_end;
    return i >= 0 ? x->shape.of[i] : 1;
}

static struct shape with_last(struct shape shape, size_t width) {
    shape.of[shape.rank - 1] = width;
    return shape;
}

static void mistake(struct graph *g, const char *operator, const struct tensor * a, const struct tensor *b) {
    char left[SHAPE_TEXT], right[SHAPE_TEXT];
    graph_fail(g, STATUS_INTERNAL, "%s: shapes %s and %s do not fit", operator, shape_text(a->shape, left),
               shape_text(b->shape, right));
}

static void require(struct graph *g, bool condition, const char *operator, const struct tensor * a,
                    const struct tensor *b) {
    if (!condition)
        mistake(g, operator, a, b);
}

/* ---- products and normalisation ---- */

void graph_append_product(struct graph *g, const struct tensor *c, const struct graph_product *p) {
    const union graph_value values[] = {
        [ARGUMENT_INDEX(matmul, c)] = TENSOR(c),
        [ARGUMENT_INDEX(matmul, a)] = TENSOR(p->a),
        [ARGUMENT_INDEX(matmul, b)] = TENSOR(p->b),
        [ARGUMENT_INDEX(matmul, bias)] = TENSOR(p->bias),
        [ARGUMENT_INDEX(matmul, batch)] = SIZE(p->batch),
        [ARGUMENT_INDEX(matmul, m)] = SIZE(p->m),
        [ARGUMENT_INDEX(matmul, n)] = SIZE(p->n),
        [ARGUMENT_INDEX(matmul, k)] = SIZE(p->k),
        [ARGUMENT_INDEX(matmul, transpose_a)] = SIZE(p->transpose_a),
        [ARGUMENT_INDEX(matmul, transpose_b)] = SIZE(p->transpose_b),
        [ARGUMENT_INDEX(matmul, rounding)] = SIZE(p->rounding),
        [ARGUMENT_INDEX(matmul, rate)] = REAL(0),
    };
    graph_append(g, OPERATOR_matmul, values);
}

const struct tensor *graph_linear(struct graph *g, const struct tensor *x, const struct tensor *weight,
                                  const struct tensor *bias) {
    const size_t n = weight->shape.of[0], k = weight->elements / n; /* a convolution's weight is (N, ...) */
    require(g, last(x) == k, "linear", x, weight);
    if (bias != NULL)
        require(g, bias->elements == n, "linear", bias, weight);
    const struct tensor *const y = graph_activation(g, with_last(x->shape, n));
    graph_append_product(
        g, y, &(struct graph_product){x, weight, bias, 1, rows(x), n, k, false, true, graph_precision(g)});
    return y;
}

static const struct tensor *layernorm(struct graph *g, const struct tensor *x, const struct tensor *weight,
                                      const struct tensor *bias, float eps, size_t correction) {
    if (weight != NULL)
        require(g, weight->elements == last(x), "layernorm", x, weight);
    if (bias != NULL)
        require(g, bias->elements == last(x), "layernorm", x, bias);
    const struct tensor *const y = graph_activation(g, x->shape);
    const struct tensor *const mean = graph_activation(g, SHAPE(rows(x)));
    const struct tensor *const rstd = graph_activation(g, SHAPE(rows(x)));
    APPEND(g, layernorm, TENSOR(y), TENSOR(mean), TENSOR(rstd), TENSOR(x), TENSOR(weight), TENSOR(bias),
           SIZE(rows(x)), SIZE(last(x)), SIZE(correction), REAL(eps));
    return y;
}

const struct tensor *graph_layernorm(struct graph *g, const struct tensor *x, const struct tensor *weight,
                                     const struct tensor *bias, float eps) {
    return layernorm(g, x, weight, bias, eps, 0);
}

const struct tensor *graph_normalise(struct graph *g, const struct tensor *x, float eps, size_t correction) {
    return layernorm(g, x, NULL, NULL, eps, correction);
}

/* ---- attention ---- */

const struct tensor *graph_attention(struct graph *g, const struct graph_attention *a) {
    const struct tensor *const q = a->q.tensor, *const k = a->k.tensor, *const v = a->v.tensor;
    const size_t width = a->heads * a->head_width, queries = dimension(q, 1), keys = dimension(k, 1);
    const size_t batch = rows(q) / queries;
    require(g, rows(k) == batch * keys && dimension(v, 1) == keys && rows(v) == rows(k), "attention", k, v);
    require(g, rows(q) == batch * queries && a->q.offset + width <= last(q), "attention", q, k);
    require(g, a->k.offset + width <= last(k) && a->v.offset + width <= last(v), "attention", k, v);
    if ((double)batch * (double)a->heads * (double)queries * (double)keys >= 0x1p32 && a->dropout > 0)
        graph_fail(g, STATUS_UNSUPPORTED,
                   "attention: 2^32 probabilities or more cannot have dropout: use a smaller batch");
    const bool random = a->dropout > 0;
    const struct tensor *const y = graph_activation(g, SHAPE(batch, queries, width));
    const struct tensor *const lse = graph_activation(g, SHAPE(batch, a->heads, queries));
    APPEND(g, attention, TENSOR(y), TENSOR(lse), TENSOR(q), TENSOR(k), TENSOR(v), TENSOR(a->lengths),
           TENSOR(random ? graph_random(g) : NULL), SIZE(batch), SIZE(a->heads), SIZE(queries), SIZE(keys),
           SIZE(a->head_width), SIZE(last(q)), SIZE(a->q.offset), SIZE(last(k)), SIZE(a->k.offset),
           SIZE(last(v)), SIZE(a->v.offset), SIZE(a->causal), SIZE(random ? graph_new_stream(g) : 0),
           SIZE(graph_precision(g)), REAL(1.0F / sqrtf((float)a->head_width)), REAL(a->dropout));
    return y;
}

/* ---- element by element ---- */

const struct tensor *graph_gelu(struct graph *g, const struct tensor *x) {
    const struct tensor *const y = graph_activation(g, x->shape);
    APPEND(g, gelu, TENSOR(y), TENSOR(x), SIZE(x->elements));
    return y;
}

const struct tensor *graph_add(struct graph *g, const struct tensor *a, const struct tensor *b) {
    require(g, a->elements == b->elements, "add", a, b);
    const struct tensor *const y = graph_activation(g, a->shape);
    APPEND(g, add, TENSOR(y), TENSOR(a), TENSOR(b), SIZE(a->elements));
    return y;
}

const struct tensor *graph_scale(struct graph *g, const struct tensor *x, float factor) {
    const struct tensor *const y = graph_activation(g, x->shape);
    APPEND(g, scale, TENSOR(y), TENSOR(x), SIZE(x->elements), REAL(factor));
    return y;
}

const struct tensor *graph_dropout(struct graph *g, const struct tensor *x, float rate) {
    if (!(rate > 0))
        return x;
    const struct tensor *const y = graph_activation(g, x->shape);
    APPEND(g, dropout, TENSOR(y), TENSOR(x), TENSOR(graph_random(g)), SIZE(x->elements),
           SIZE(graph_new_stream(g)), REAL(rate));
    return y;
}

const struct tensor *graph_random_uniform(struct graph *g, struct shape shape) {
    const struct tensor *const y = graph_activation(g, shape);
    APPEND(g, random_uniform, TENSOR(y), TENSOR(graph_random(g)), SIZE(y->elements),
           SIZE(graph_new_stream(g)));
    return y;
}

/* ---- rows ---- */

const struct tensor *graph_softmax(struct graph *g, const struct tensor *x) {
    const struct tensor *const y = graph_activation(g, x->shape);
    APPEND(g, softmax, TENSOR(y), TENSOR(x), SIZE(rows(x)), SIZE(last(x)));
    return y;
}

const struct tensor *graph_add_rows(struct graph *g, const struct tensor *x, const struct tensor *table,
                                    size_t first, size_t period) {
    require(g, last(x) == last(table) && first + period <= rows(table), "add_rows", x, table);
    const struct tensor *const y = graph_activation(g, x->shape);
    APPEND(g, add_rows, TENSOR(y), TENSOR(x), TENSOR(table), SIZE(rows(x)), SIZE(last(x)), SIZE(period),
           SIZE(first));
    return y;
}

const struct tensor *graph_broadcast_rows(struct graph *g, const struct tensor *table, struct shape shape) {
    const struct tensor *const y = graph_activation(g, shape);
    require(g, last(y) == last(table), "broadcast_rows", y, table);
    APPEND(g, broadcast_rows, TENSOR(y), TENSOR(table), SIZE(rows(y)), SIZE(last(y)), SIZE(rows(table)));
    return y;
}

const struct tensor *graph_sum_rows(struct graph *g, const struct tensor *x, size_t period,
                                    enum precision rounding) {
    const struct tensor *const y = graph_activation(g, SHAPE(period, last(x)));
    require(g, period <= rows(x), "sum_rows", x, y);
    APPEND(g, sum_rows, TENSOR(y), TENSOR(x), SIZE(rows(x)), SIZE(last(x)), SIZE(period), SIZE(rounding));
    return y;
}

const struct tensor *graph_sum(struct graph *g, const struct tensor *x) {
    return graph_view(g, graph_sum_rows(g, graph_view(g, x, SHAPE(x->elements, 1)), 1, PRECISION_F32),
                      SHAPE(1));
}

const struct tensor *graph_concatenate(struct graph *g, const struct tensor *a, const struct tensor *b) {
    const size_t a_rows = dimension(a, 1), b_rows = dimension(b, 1), outer = rows(a) / a_rows;
    require(g, last(a) == last(b) && rows(b) / b_rows == outer && a->shape.rank >= 2 && b->shape.rank >= 2,
            "concatenate", a, b);
    struct shape shape = a->shape;
    if (shape.rank >= 2)
        shape.of[shape.rank - 2] = a_rows + b_rows;
    const struct tensor *const y = graph_activation(g, shape);
    APPEND(g, concatenate, TENSOR(y), TENSOR(a), TENSOR(b), SIZE(outer), SIZE(a_rows), SIZE(b_rows),
           SIZE(last(a)));
    return y;
}

const struct tensor *graph_slice(struct graph *g, const struct tensor *x, size_t first, size_t count) {
    const bool vector = x->shape.rank == 1;
    const size_t width = vector ? 1 : last(x), total = vector ? last(x) : dimension(x, 1);
    struct shape shape = x->shape;
    shape.of[vector ? 0 : shape.rank - 2] = count;
    const struct tensor *const y = graph_activation(g, shape);
    require(g, first + count <= total, "slice", x, y);
    APPEND(g, slice, TENSOR(y), TENSOR(x), SIZE(x->elements / (total * width)), SIZE(total), SIZE(first),
           SIZE(count), SIZE(width));
    return y;
}

const struct tensor *graph_gather_rows(struct graph *g, const struct tensor *x, const struct tensor *index) {
    const size_t batch = index->shape.of[0], count = index->elements / batch, source = rows(x) / batch;
    require(g, source * batch == rows(x), "gather_rows", x, index);
    const struct tensor *const y = graph_activation(g, SHAPE(batch, count, last(x)));
    APPEND(g, gather_rows, TENSOR(y), TENSOR(x), TENSOR(index), SIZE(batch), SIZE(source), SIZE(count),
           SIZE(last(x)));
    return y;
}

const struct tensor *graph_embedding(struct graph *g, const struct tensor *table,
                                     const struct tensor *index) {
    struct shape shape = index->shape;
    if (shape.rank < SHAPE_MAX_RANK)
        shape.of[shape.rank++] = last(table);
    const struct tensor *const y = graph_activation(g, shape);
    APPEND(g, gather_rows, TENSOR(y), TENSOR(table), TENSOR(index), SIZE(1), SIZE(rows(table)),
           SIZE(index->elements), SIZE(last(table)));
    return y;
}

void graph_scatter_rows(struct graph *g, const struct tensor *y, const struct tensor *x,
                        const struct tensor *index) {
    const size_t batch = index->shape.of[0], count = index->elements / batch, total = rows(y) / batch;
    require(g, last(x) == last(y) && rows(x) == index->elements && total * batch == rows(y), "scatter_rows",
            y, x);
    APPEND(g, scatter_rows, TENSOR(y), TENSOR(x), TENSOR(index), SIZE(batch), SIZE(total), SIZE(count),
           SIZE(last(x)));
}

struct graph_top graph_top_k(struct graph *g, const struct tensor *x, size_t count) {
    struct shape shape = x->shape;
    shape.of[shape.rank - 1] = count;
    const struct graph_top top = {graph_activation(g, shape), graph_activation_unsigned(g, shape)};
    require(g, count <= last(x), "top_k", x, top.value);
    APPEND(g, top_k, TENSOR(top.value), TENSOR(top.index), TENSOR(x), SIZE(rows(x)), SIZE(last(x)),
           SIZE(count));
    return top;
}

/* ---- images and masks ---- */

const struct tensor *graph_patchify(struct graph *g, const struct tensor *image, size_t patch_height,
                                    size_t patch_width, bool channel_last) {
    const size_t width = last(image), height = dimension(image, 1), channels = dimension(image, 2);
    const size_t batch = image->elements / (channels * height * width);
    if (patch_height == 0 || patch_width == 0 || height % patch_height != 0 || width % patch_width != 0) {
        graph_fail(g, STATUS_USAGE, "an image of %zu x %zu cannot be cut into patches of %zu x %zu", height,
                   width, patch_height, patch_width);
        return image;
    }
    const size_t patches = height / patch_height * (width / patch_width);
    const struct tensor *const y =
        graph_activation(g, SHAPE(batch, patches, channels * patch_height * patch_width));
    APPEND(g, patchify, TENSOR(y), TENSOR(image), SIZE(batch), SIZE(channels), SIZE(height), SIZE(width),
           SIZE(patch_height), SIZE(patch_width), SIZE(channel_last));
    return y;
}

static const struct tensor *mean_pool(struct graph *g, const struct tensor *x, struct shape shape,
                                      size_t batch, size_t height, size_t width, size_t channels) {
    const struct tensor *const y = graph_activation(g, shape);
    APPEND(g, mean_pool, TENSOR(y), TENSOR(x), SIZE(batch), SIZE(height), SIZE(width), SIZE(channels));
    return y;
}

const struct tensor *graph_pool_tokens(struct graph *g, const struct tensor *x, size_t height, size_t width) {
    const size_t batch = rows(x) / (height * width), channels = last(x);
    require(g, dimension(x, 1) == height * width, "pool_tokens", x, x);
    return mean_pool(g, x, SHAPE(batch, height / 2 * (width / 2), channels), batch, height, width, channels);
}

const struct tensor *graph_pool_image(struct graph *g, const struct tensor *image) {
    const size_t width = last(image), height = dimension(image, 1);
    struct shape shape = image->shape;
    require(g, shape.rank == 4, "pool_image", image, image);
    shape.of[2] = height / 2;
    shape.of[3] = width / 2;
    return mean_pool(g, image, shape, image->elements / (height * width), height, width, 1);
}

struct graph_mask graph_mask_tokens(struct graph *g, const struct tensor *noise, size_t kept) {
    const size_t batch = rows(noise), tokens = last(noise);
    const struct graph_mask mask = {
        .kept = graph_activation_unsigned(g, SHAPE(batch, kept)),
        .restore = graph_activation_unsigned(g, SHAPE(batch, 1 + tokens)),
        .removed = graph_activation_unsigned(g, SHAPE(batch, tokens)),
    };
    require(g, kept <= tokens, "mask_tokens", noise, mask.kept);
    APPEND(g, mask_tokens, TENSOR(mask.kept), TENSOR(mask.restore), TENSOR(mask.removed), TENSOR(noise),
           SIZE(batch), SIZE(tokens), SIZE(kept));
    return mask;
}

/* ---- losses ---- */

const struct tensor *graph_masked_mse(struct graph *g, const struct tensor *prediction,
                                      const struct tensor *target, const struct tensor *removed,
                                      float factor) {
    require(g, shape_equal(prediction->shape, target->shape), "masked_mse", prediction, target);
    if (removed != NULL)
        require(g, removed->elements == rows(prediction), "masked_mse", prediction, removed);
    const struct tensor *const loss = graph_activation(g, SHAPE(rows(prediction)));
    APPEND(g, masked_mse, TENSOR(loss), TENSOR(prediction), TENSOR(target), TENSOR(removed),
           SIZE(rows(prediction)), SIZE(last(prediction)), REAL(factor));
    return graph_sum(g, loss);
}

const struct tensor *graph_cross_entropy(struct graph *g, const struct tensor *logits,
                                         const struct tensor *target, uint32_t ignore, float factor) {
    require(g, target->elements == rows(logits), "cross_entropy", logits, target);
    const struct tensor *const loss = graph_activation(g, SHAPE(rows(logits)));
    const struct tensor *const lse = graph_activation(g, SHAPE(rows(logits)));
    APPEND(g, cross_entropy, TENSOR(loss), TENSOR(lse), TENSOR(logits), TENSOR(target), SIZE(rows(logits)),
           SIZE(last(logits)), SIZE(ignore), REAL(factor));
    return graph_sum(g, loss);
}

const struct tensor *graph_ctc(struct graph *g, const struct tensor *logits, const struct tensor *target,
                               const struct tensor *length, uint32_t blank, float factor) {
    enum { MOST_PLACES = 200 };
    const size_t batch = length->elements, steps = dimension(logits, 1), places = last(target);
    require(g,
            logits->elements == batch * steps * last(logits) && target->elements == batch * places &&
                steps > 0 && places <= MOST_PLACES,
            "ctc", logits, target);
    const struct tensor *const loss = graph_activation(g, SHAPE(batch)),
                               *const likelihood = graph_activation(g, SHAPE(batch)),
                               *const alpha = graph_activation(g, SHAPE(batch, steps, 2 * places - 1)),
                               *const lse = graph_activation(g, SHAPE(batch, steps));
    APPEND(g, ctc, TENSOR(loss), TENSOR(likelihood), TENSOR(alpha), TENSOR(lse), TENSOR(logits),
           TENSOR(target), TENSOR(length), SIZE(batch), SIZE(steps), SIZE(last(logits)), SIZE(places),
           SIZE(blank), REAL(factor));
    return graph_sum(g, loss);
}

/* ---- updates ---- */

const struct tensor *graph_accumulate(struct graph *g, const struct tensor *x, const struct tensor *part,
                                      float factor) {
    const struct tensor *const sum = graph_activation(g, x->shape);
    require(g, part->elements == 1, "accumulate", x, part);
    APPEND(g, accumulate, TENSOR(sum), TENSOR(x), TENSOR(part), SIZE(x->elements), REAL(factor));
    return sum;
}

void graph_square_sum(struct graph *g, const struct tensor *partial, const struct tensor *x) {
    APPEND(g, square_sum, TENSOR(partial), TENSOR(x), SIZE(x->elements), SIZE(partial->elements));
}

const struct tensor *graph_clip_factor(struct graph *g, const struct tensor *partial,
                                       const struct tensor *scaler, float limit, float beta1, float beta2) {
    const struct tensor *const control = graph_activation(g, SHAPE(5));
    APPEND(g, clip_factor, TENSOR(control), TENSOR(partial), TENSOR(scaler), SIZE(partial->elements),
           REAL(limit), REAL(beta1), REAL(beta2));
    return control;
}

void graph_loss_scale(struct graph *g, const struct tensor *scaler, const struct tensor *control,
                      size_t period) {
    APPEND(g, loss_scale, TENSOR(scaler), TENSOR(control), SIZE(period));
}

void graph_adamw(struct graph *g, const struct graph_adamw *u) {
    require(g, u->parameter->elements == u->gradient->elements, "adamw", u->parameter, u->gradient);
    require(g, u->m->elements == u->v->elements && u->m->elements == u->parameter->elements, "adamw", u->m,
            u->v);
    APPEND(g, adamw, TENSOR(u->parameter), TENSOR(u->m), TENSOR(u->v), TENSOR(u->gradient),
           TENSOR(u->schedule), TENSOR(u->control), SIZE(u->parameter->elements), REAL(u->rate_scale),
           REAL(u->beta1), REAL(u->beta2), REAL(u->epsilon), REAL(u->weight_decay));
}

void graph_ema(struct graph *g, const struct tensor *average, const struct tensor *source,
               const struct tensor *control, float momentum) {
    require(g, average->elements == source->elements, "ema", average, source);
    APPEND(g, ema, TENSOR(average), TENSOR(source), TENSOR(control), SIZE(average->elements), REAL(momentum));
}
