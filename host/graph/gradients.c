/* gradients.c: reverse-mode differentiation, one rule per operator.
 *
 * The nodes are walked from the last to the first. A rule sees the gradient of its node's output, dy, and
 * gives every input its share; shares of one tensor are added up. The formulas stand in spec/operators.md.
 */
#include "base/memory.h"
#include "graph/graph_internal.h"
#include "graph/operator_index.h"
#include "graph/operators.h"
#include "graph/recompute.h"

#include <stdlib.h>

struct backward {
    struct graph *graph;
    struct recompute recompute;
};

/* Whose gradient it is: a tensor that is computed again is the one that it is a copy of. */
static size_t id_of(const struct backward *backward, const struct tensor *tensor) {
    return recompute_original(&backward->recompute, tensor->base);
}

struct graph *backward_graph(struct backward *backward) {
    return backward->graph;
}

const struct tensor *backward_of(struct backward *backward, const struct tensor *output) {
    struct graph *const g = backward->graph;
    const size_t id = id_of(backward, output);
    const struct tensor *const gradient = id < g->gradient_count ? g->gradients[id] : NULL;
    return gradient ? graph_view(g, gradient, output->shape) : NULL;
}

bool backward_wants(const struct tensor *input) {
    return input != NULL && input->differentiable;
}

void backward_give(struct backward *backward, const struct tensor *input, const struct tensor *gradient) {
    struct graph *const g = backward->graph;
    const size_t id = id_of(backward, input);
    if (!backward_wants(input) || g->status != STATUS_OK || id >= g->gradient_count)
        return;
    const struct tensor *const share = graph_view(g, gradient, input->base->shape);
    g->gradients[id] = g->gradients[id] ? graph_add(g, g->gradients[id], share) : share;
}

#define RULE_DIFFERENTIABLE(name) graph_gradient_##name
#define RULE_CONSTANT(name)       NULL
static gradient_rule *const rules[] = {
#define OPERATOR(name, gradient, bound, grid, ...) [OPERATOR_##name] = RULE_##gradient(name),
#include "spec/operators.def"
};

/* Whether the loss depends on one of the node's outputs. */
static bool is_reached(const struct graph *g, const struct graph_node *node) {
    const struct operator_info *const info = operator_info(node->operator);
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
        if (node->tensors[i] == NULL || !argument_is_written(info->arguments[i].kind))
            continue;
        const size_t id = node->tensors[i]->base->id;
        if (id < g->gradient_count && g->gradients[id] != NULL)
            return true;
    }
    return false;
}

void graph_backward(struct graph *g, const struct tensor *loss, const struct tensor *scale) {
    if (g->status != STATUS_OK)
        return;
    if (loss->elements != 1)
        graph_fail(g, STATUS_INTERNAL, "the loss must be a scalar");
    const size_t nodes = g->node_count;
    if (memory_new(&g->gradients, g->tensor_count, sizeof *g->gradients) != STATUS_OK) {
        graph_fail(g, STATUS_MEMORY, "%s", status_message());
        return;
    }
    g->gradient_count = g->tensor_count; /* tensors made from here on are gradients themselves */
    g->gradients[loss->base->id] =
        scale != NULL ? graph_view(g, scale, loss->base->shape) : graph_constant(g, loss->base->shape, 1.0F);
    struct backward backward = {.graph = g};
    if (recompute_start(&backward.recompute, g) != STATUS_OK)
        graph_fail(g, STATUS_MEMORY, "%s", status_message());
    for (size_t i = nodes; i-- > 0 && g->status == STATUS_OK;) {
        struct graph_node node = g->nodes[i]; /* a copy: the array grows below */
        if (rules[node.operator] == NULL || !is_reached(g, &node))
            continue;
        g->scope = node.scope;
        if (g->recompute)
            node = recompute_node(&backward.recompute, &node);
        rules[node.operator](&backward, &node);
    }
    recompute_finish(&backward.recompute);
    recompute_free(&backward.recompute);
}

const struct tensor *graph_gradient(const struct graph *g, const struct tensor *x) {
    const size_t id = x->base->id;
    return id < g->gradient_count ? g->gradients[id] : NULL;
}

void graph_accumulate_gradients(struct graph *g, const struct tensor *part, float factor) {
    for (size_t i = 0; i < g->gradient_count && g->status == STATUS_OK; i++)
        if (g->tensors[i]->kind == TENSOR_PARAMETER && g->gradients[i] != NULL)
            g->gradients[i] = graph_accumulate(g, g->gradients[i], part, factor);
}

/* ---- the rules ---- */

#define TENSOR(x)                                                                                            \
    { .tensor = (x) }
#define SIZE(x)                                                                                              \
    { .size = (x) }
#define REAL(x)                                                                                              \
    { .real = (x) }
#define APPEND(g, name, ...)       graph_append(g, OPERATOR_##name, (const union graph_value[]){__VA_ARGS__})
#define TENSOR_OF(operator, name_) (node->tensors[ARGUMENT_INDEX(operator, name_)])
#define SIZE_OF(operator, name_)   (node->numbers[ARGUMENT_INDEX(operator, name_)].size)
#define REAL_OF(operator, name_)   (node->numbers[ARGUMENT_INDEX(operator, name_)].real)

/* C = op(A) op(B) + bias. dA = dC op(B)^T and dB = op(A)^T dC, themselves transposed where the operand is;
 * dbias = the sum of dC's rows. Factors are rounded as in the node. What else a product can do
 * comes in when gradients are done (fuse.h). */
void graph_gradient_matmul(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const a = TENSOR_OF(matmul, a), *const b = TENSOR_OF(matmul, b),
                               *const bias = TENSOR_OF(matmul, bias);
    const struct tensor *const dc = backward_of(w, TENSOR_OF(matmul, c));
    const size_t batch = SIZE_OF(matmul, batch), m = SIZE_OF(matmul, m), n = SIZE_OF(matmul, n),
                 k = SIZE_OF(matmul, k), rounding = SIZE_OF(matmul, rounding);
    const bool ta = SIZE_OF(matmul, transpose_a) != 0, tb = SIZE_OF(matmul, transpose_b) != 0;
    if (backward_wants(a)) {
        const struct tensor *const da = graph_activation(g, a->shape);
        if (ta) /* (k, m) = op(B) dC^T */
            graph_append_product(g, da,
                                 &(struct graph_product){b, dc, NULL, batch, k, m, n, tb, true, rounding});
        else /* (m, k) = dC op(B)^T */
            graph_append_product(g, da,
                                 &(struct graph_product){dc, b, NULL, batch, m, k, n, false, !tb, rounding});
        backward_give(w, a, da);
    }
    if (backward_wants(b)) {
        const struct tensor *const db = graph_activation(g, b->shape);
        if (tb) /* (n, k) = dC^T op(A) */
            graph_append_product(g, db,
                                 &(struct graph_product){dc, a, NULL, batch, n, k, m, true, ta, rounding});
        else /* (k, n) = op(A)^T dC */
            graph_append_product(g, db,
                                 &(struct graph_product){a, dc, NULL, batch, k, n, m, !ta, false, rounding});
        backward_give(w, b, db);
    }
    if (backward_wants(bias))
        backward_give(w, bias,
                      graph_sum_rows(g, graph_view(g, dc, SHAPE(batch * m, n)), 1, (enum precision)rounding));
}

void graph_gradient_layernorm(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const x = TENSOR_OF(layernorm, x), *const weight = TENSOR_OF(layernorm, weight),
                               *const bias = TENSOR_OF(layernorm, bias),
                               *const mean = TENSOR_OF(layernorm, mean),
                               *const rstd = TENSOR_OF(layernorm, rstd);
    const struct tensor *const dy = backward_of(w, TENSOR_OF(layernorm, y));
    const size_t rows = SIZE_OF(layernorm, rows), width = SIZE_OF(layernorm, width);
    if (backward_wants(x)) {
        const struct tensor *const dx = graph_activation(g, x->shape);
        APPEND(g, layernorm_backward, TENSOR(dx), TENSOR(dy), TENSOR(x), TENSOR(mean), TENSOR(rstd),
               TENSOR(weight), TENSOR(NULL), SIZE(rows), SIZE(width), SIZE(SIZE_OF(layernorm, correction)),
               SIZE(graph_precision(g)));
        backward_give(w, x, dx);
    }
    if (backward_wants(weight) || backward_wants(bias)) {
        const struct tensor *const dweight = graph_activation(g, SHAPE(width));
        const struct tensor *const dbias = graph_activation(g, SHAPE(width));
        APPEND(g, layernorm_backward_affine, TENSOR(dweight), TENSOR(dbias), TENSOR(dy), TENSOR(x),
               TENSOR(mean), TENSOR(rstd), SIZE(rows), SIZE(width), SIZE(graph_precision(g)));
        if (weight != NULL)
            backward_give(w, weight, dweight);
        if (bias != NULL)
            backward_give(w, bias, dbias);
    }
}

/* Of q, k, v that are parts of one tensor, each fills its part of one gradient; the parts must make up the
 * whole, since nobody clears the rest. */
struct attention_gradients {
    const struct tensor *dq, *dk, *dv;
};

static struct attention_gradients attention_gradients(struct graph *g, const struct graph_node *node) {
    const struct tensor *const q = TENSOR_OF(attention, q), *const k = TENSOR_OF(attention, k),
                               *const v = TENSOR_OF(attention, v);
    struct attention_gradients d = {.dq = graph_activation(g, q->shape)};
    d.dk = k->base == q->base ? d.dq : graph_activation(g, k->shape);
    d.dv = v->base == q->base ? d.dq : v->base == k->base ? d.dk : graph_activation(g, v->shape);
    const size_t width = SIZE_OF(attention, heads) * SIZE_OF(attention, head_width);
    const struct tensor *const parts[] = {d.dq, d.dk, d.dv};
    for (int i = 0; i < 3; i++) {
        size_t covered = 0;
        for (int j = 0; j < 3; j++)
            covered += parts[j] == parts[i] ? width : 0;
        if (covered != parts[i]->shape.of[parts[i]->shape.rank - 1])
            graph_fail(g, STATUS_INTERNAL, "attention: q, k and v do not make up the whole of their tensors");
    }
    return d;
}

/* The sizes and reals of attention, which both backward operators share with it. */
#define ATTENTION_NUMBERS                                                                                    \
    SIZE(SIZE_OF(attention, batch)), SIZE(SIZE_OF(attention, heads)), SIZE(SIZE_OF(attention, queries)),     \
        SIZE(SIZE_OF(attention, keys)), SIZE(SIZE_OF(attention, head_width)),                                \
        SIZE(SIZE_OF(attention, q_pitch)), SIZE(SIZE_OF(attention, q_offset)),                               \
        SIZE(SIZE_OF(attention, k_pitch)), SIZE(SIZE_OF(attention, k_offset)),                               \
        SIZE(SIZE_OF(attention, v_pitch)), SIZE(SIZE_OF(attention, v_offset)),                               \
        SIZE(SIZE_OF(attention, causal)), SIZE(SIZE_OF(attention, stream)),                                  \
        SIZE(SIZE_OF(attention, rounding)), REAL(REAL_OF(attention, scale)),                                 \
        REAL(REAL_OF(attention, dropout))

void graph_gradient_attention(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const q = TENSOR_OF(attention, q), *const k = TENSOR_OF(attention, k),
                               *const v = TENSOR_OF(attention, v), *const y = TENSOR_OF(attention, y),
                               *const lse = TENSOR_OF(attention, lse),
                               *const lengths = TENSOR_OF(attention, lengths),
                               *const random = TENSOR_OF(attention, random);
    const struct tensor *const dy = backward_of(w, y);
    const struct attention_gradients d = attention_gradients(g, node);
    const struct tensor *const delta = graph_activation(g, lse->shape);
    APPEND(g, attention_backward_query, TENSOR(d.dq), TENSOR(delta), TENSOR(dy), TENSOR(y), TENSOR(lse),
           TENSOR(q), TENSOR(k), TENSOR(v), TENSOR(lengths), TENSOR(random), ATTENTION_NUMBERS);
    APPEND(g, attention_backward_key_value, TENSOR(d.dk), TENSOR(d.dv), TENSOR(dy), TENSOR(delta),
           TENSOR(lse), TENSOR(q), TENSOR(k), TENSOR(v), TENSOR(lengths), TENSOR(random), ATTENTION_NUMBERS);
    backward_give(w, q, d.dq);
    if (d.dk != d.dq)
        backward_give(w, k, d.dk);
    if (d.dv != d.dq && d.dv != d.dk)
        backward_give(w, v, d.dv);
}

void graph_gradient_gelu(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const x = TENSOR_OF(gelu, x);
    const struct tensor *const dx = graph_activation(g, x->shape);
    APPEND(g, gelu_backward, TENSOR(dx), TENSOR(backward_of(w, TENSOR_OF(gelu, y))), TENSOR(x),
           SIZE(x->elements), SIZE(graph_precision(g)));
    backward_give(w, x, dx);
}

void graph_gradient_add(struct backward *w, const struct graph_node *node) {
    const struct tensor *const dy = backward_of(w, TENSOR_OF(add, y));
    backward_give(w, TENSOR_OF(add, a), dy);
    backward_give(w, TENSOR_OF(add, b), dy);
}

void graph_gradient_scale(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const dy = backward_of(w, TENSOR_OF(scale, y));
    backward_give(w, TENSOR_OF(scale, x), graph_scale(g, dy, REAL_OF(scale, factor)));
}

/* Dropout is its own gradient: the same stream drops the same elements. */
void graph_gradient_dropout(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const x = TENSOR_OF(dropout, x);
    const struct tensor *const dx = graph_activation(g, x->shape);
    APPEND(g, dropout, TENSOR(dx), TENSOR(backward_of(w, TENSOR_OF(dropout, y))),
           TENSOR(TENSOR_OF(dropout, random)), SIZE(x->elements), SIZE(SIZE_OF(dropout, stream)),
           REAL(REAL_OF(dropout, rate)));
    backward_give(w, x, dx);
}

void graph_gradient_softmax(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const x = TENSOR_OF(softmax, x), *const y = TENSOR_OF(softmax, y);
    const struct tensor *const dx = graph_activation(g, x->shape);
    APPEND(g, softmax_backward, TENSOR(dx), TENSOR(backward_of(w, y)), TENSOR(y),
           SIZE(SIZE_OF(softmax, rows)), SIZE(SIZE_OF(softmax, width)));
    backward_give(w, x, dx);
}

/* A sum over the rows that share a row of the table, put into a gradient of the whole table. */
void graph_gradient_add_rows(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const dy = backward_of(w, TENSOR_OF(add_rows, y)), *const table =
                                                                                TENSOR_OF(add_rows, table);
    const size_t period = SIZE_OF(add_rows, period), width = SIZE_OF(add_rows, width);
    const size_t first = SIZE_OF(add_rows, first);
    backward_give(w, TENSOR_OF(add_rows, x), dy);
    if (!backward_wants(table))
        return;
    const struct tensor *const sum =
        graph_sum_rows(g, graph_view(g, dy, SHAPE(dy->elements / width, width)), period, PRECISION_F32);
    const size_t table_rows = table->elements / width;
    if (period == table_rows) {
        backward_give(w, table, sum);
        return;
    }
    const struct tensor *const dtable = graph_activation(g, table->shape);
    APPEND(g, slice_backward, TENSOR(dtable), TENSOR(sum), SIZE(1), SIZE(table_rows), SIZE(first),
           SIZE(period), SIZE(width));
    backward_give(w, table, dtable);
}

void graph_gradient_broadcast_rows(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const dy = backward_of(w, TENSOR_OF(broadcast_rows, y));
    const size_t rows = SIZE_OF(broadcast_rows, rows), width = SIZE_OF(broadcast_rows, width);
    backward_give(w, TENSOR_OF(broadcast_rows, table),
                  graph_sum_rows(g, graph_view(g, dy, SHAPE(rows, width)), SIZE_OF(broadcast_rows, period),
                                 PRECISION_F32));
}

void graph_gradient_sum_rows(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const dy = backward_of(w, TENSOR_OF(sum_rows, y));
    backward_give(w, TENSOR_OF(sum_rows, x), graph_broadcast_rows(g, dy, TENSOR_OF(sum_rows, x)->shape));
}

void graph_gradient_concatenate(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const dy = backward_of(w, TENSOR_OF(concatenate, y));
    const size_t a_rows = SIZE_OF(concatenate, a_rows), b_rows = SIZE_OF(concatenate, b_rows);
    if (backward_wants(TENSOR_OF(concatenate, a)))
        backward_give(w, TENSOR_OF(concatenate, a), graph_slice(g, dy, 0, a_rows));
    if (backward_wants(TENSOR_OF(concatenate, b)))
        backward_give(w, TENSOR_OF(concatenate, b), graph_slice(g, dy, a_rows, b_rows));
}

void graph_gradient_slice(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const x = TENSOR_OF(slice, x);
    const struct tensor *const dx = graph_activation(g, x->shape);
    APPEND(g, slice_backward, TENSOR(dx), TENSOR(backward_of(w, TENSOR_OF(slice, y))),
           SIZE(SIZE_OF(slice, outer)), SIZE(SIZE_OF(slice, rows)), SIZE(SIZE_OF(slice, first)),
           SIZE(SIZE_OF(slice, count)), SIZE(SIZE_OF(slice, width)));
    backward_give(w, x, dx);
}

void graph_gradient_gather_rows(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const x = TENSOR_OF(gather_rows, x);
    const struct tensor *const dx = graph_activation(g, x->shape);
    APPEND(g, gather_rows_backward, TENSOR(dx), TENSOR(backward_of(w, TENSOR_OF(gather_rows, y))),
           TENSOR(TENSOR_OF(gather_rows, index)), SIZE(SIZE_OF(gather_rows, batch)),
           SIZE(SIZE_OF(gather_rows, rows)), SIZE(SIZE_OF(gather_rows, count)),
           SIZE(SIZE_OF(gather_rows, width)));
    backward_give(w, x, dx);
}

/* The squared difference is symmetric: the target's gradient is the prediction's with the sign turned. */
void graph_gradient_masked_mse(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const prediction = TENSOR_OF(masked_mse, prediction), *const target = TENSOR_OF(
                                                                                   masked_mse, target);
    const struct tensor *const d = graph_activation(g, prediction->shape);
    APPEND(g, masked_mse_backward, TENSOR(d), TENSOR(backward_of(w, TENSOR_OF(masked_mse, loss))),
           TENSOR(prediction), TENSOR(target), TENSOR(TENSOR_OF(masked_mse, removed)),
           SIZE(SIZE_OF(masked_mse, rows)), SIZE(SIZE_OF(masked_mse, width)),
           REAL(REAL_OF(masked_mse, factor)));
    backward_give(w, prediction, d);
    if (backward_wants(target))
        backward_give(w, target, graph_scale(g, d, -1.0F));
}

void graph_gradient_ctc(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const logits = TENSOR_OF(ctc, logits);
    const struct tensor *const d = graph_activation(g, logits->shape);
    APPEND(g, ctc_backward, TENSOR(d), TENSOR(backward_of(w, TENSOR_OF(ctc, loss))),
           TENSOR(TENSOR_OF(ctc, likelihood)), TENSOR(TENSOR_OF(ctc, alpha)), TENSOR(TENSOR_OF(ctc, lse)),
           TENSOR(logits), TENSOR(TENSOR_OF(ctc, target)), TENSOR(TENSOR_OF(ctc, length)),
           SIZE(SIZE_OF(ctc, batch)), SIZE(SIZE_OF(ctc, steps)), SIZE(SIZE_OF(ctc, classes)),
           SIZE(SIZE_OF(ctc, places)), SIZE(SIZE_OF(ctc, blank)), REAL(REAL_OF(ctc, factor)));
    backward_give(w, logits, d);
}

void graph_gradient_cross_entropy(struct backward *w, const struct graph_node *node) {
    struct graph *const g = backward_graph(w);
    const struct tensor *const logits = TENSOR_OF(cross_entropy, logits);
    const struct tensor *const d = graph_activation(g, logits->shape);
    APPEND(g, cross_entropy_backward, TENSOR(d), TENSOR(backward_of(w, TENSOR_OF(cross_entropy, loss))),
           TENSOR(logits), TENSOR(TENSOR_OF(cross_entropy, lse)), TENSOR(TENSOR_OF(cross_entropy, target)),
           SIZE(SIZE_OF(cross_entropy, rows)), SIZE(SIZE_OF(cross_entropy, classes)),
           SIZE(SIZE_OF(cross_entropy, ignore)), REAL(REAL_OF(cross_entropy, factor)));
    backward_give(w, logits, d);
}
