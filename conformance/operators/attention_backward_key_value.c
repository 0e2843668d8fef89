#include "conformance/attention.h"
#include "conformance/bound.h"

#define AT(argument) ARGUMENT_INDEX(attention_backward_key_value, argument)

static const struct sizes sizes[] = {
#include "conformance/attention_sizes.h"
};

static const struct sizes patterns[] = {ATTENTION_PATTERNS};

static void complete(struct application *application) {
    union value *const values = application->values;
    attention_complete(&values[AT(heads)], &values[AT(head_width)], &values[AT(q_pitch)],
                       &values[AT(k_pitch)], &values[AT(v_pitch)]);
}

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_attention_backward_key_value v = values_attention_backward_key_value(application);
    shape[AT(dy)] = SHAPE(v.batch.n, v.queries.n, v.heads.n, v.head_width.n);
    shape[AT(delta)] = shape[AT(lse)] = SHAPE(v.batch.n, v.heads.n, v.queries.n);
    shape[AT(q)] = SHAPE(v.batch.n, v.queries.n, v.q_pitch.n);
    shape[AT(dk)] = shape[AT(k)] = SHAPE(v.batch.n, v.keys.n, v.k_pitch.n);
    shape[AT(dv)] = shape[AT(v)] = SHAPE(v.batch.n, v.keys.n, v.v_pitch.n);
    shape[AT(lengths)] = SHAPE(v.batch.n);
    shape[AT(random)] = SHAPE(3);
}

/* lse is what attention gives; delta may be anything. */
static void fill(struct application *application, struct philox *random) {
    const struct values_attention_backward_key_value v = values_attention_backward_key_value(application);
    attention_fill_scores(application, AT(q), AT(k), random);
    const enum precision rounding = (enum precision)v.rounding.n;
    attention_fill_between(application, AT(q), rounding, random);
    attention_fill_between(application, AT(k), rounding, random);
    attention_fill_between(application, AT(v), rounding, random);
    attention_fill_between(application, AT(dy), rounding, random);
    if (v.lengths.u != NULL)
        attention_fill_lengths(v.lengths.u, v.batch.n, v.keys.n, random);
    const struct attention a = ATTENTION(v);
    for (size_t row = 0; row < a.batch * a.heads * a.queries; row++) {
        const struct attention_query query = attention_query(&a, row);
        double largest;
        v.lse.f[row] = (float)attention_log_sum(&a, &query, &largest);
    }
}

/* What the bounds of a key add up over the queries that see it. */
struct seen {
    double n, score; /* how many there are, and the largest magnitude of a score */
};

static struct seen queries_of(const struct attention *a, size_t first_row, size_t j) {
    struct seen seen = {0};
    for (size_t i = 0; i < a->queries; i++) {
        const struct attention_query query = attention_query(a, first_row + i);
        double magnitude = 0;
        if (j < query.visible)
            attention_score(a, &query, j, &magnitude);
        seen.n += j < query.visible;
        seen.score = fmax(seen.score, magnitude);
    }
    return seen;
}

/* The bounds of one key of one head: dk and dv have width elements. */
static void bound_key(double *dk, double *dv, const struct values_attention_backward_key_value *v,
                      size_t first_row, size_t j) {
    const struct attention a = ATTENTION(*v);
    const struct seen seen = queries_of(&a, first_row, j);
    const double w = (double)a.width, common = (w + 8) * seen.score + 3 * log((double)a.keys) + 8;
    for (size_t i = 0; i < a.queries; i++) {
        const struct attention_query query = attention_query(&a, first_row + i);
        double magnitude, dp;
        if (j >= query.visible)
            continue;
        const double p = exp(attention_score(&a, &query, j, &magnitude) - v->lse.f[query.row]);
        const double keep = attention_keep(&a, &query, j), delta = v->delta.f[query.row];
        const float *const dy = v->dy.f + ((query.b * a.queries + i) * a.heads + query.h) * a.width;
        const double products = attention_products(dy, query.v + j * a.v_pitch, a.width, a.rounding, &dp);
        const double most = p * (keep * products + fabs(delta));
        const double ds_error =
            attention_rounded(p * (keep * dp - delta), (common + w + 4) * EPS * most, a.rounding);
        const double weight_error = attention_rounded(keep * p, common * EPS * keep * p, a.rounding);
        for (size_t d = 0; d < a.width; d++) {
            dk[d] += fabs(a.scale) * (ds_error + seen.n * EPS * most) *
                     fabs((double)precision_round(query.q[d], a.rounding));
            dv[d] +=
                (weight_error + seen.n * EPS * keep * p) * fabs((double)precision_round(dy[d], a.rounding));
        }
    }
}

static void bound(const struct application *application) {
    const struct values_attention_backward_key_value v = values_attention_backward_key_value(application);
    const struct attention a = ATTENTION(v);
    for (size_t head = 0; a.queries > 0 && head < a.batch * a.heads; head++)
        for (size_t j = 0; j < a.keys; j++) {
            const struct attention_query query = attention_query(&a, head * a.queries);
            double *const dk = application->bounds[AT(dk)] + (query.k - a.k);
            double *const dv = application->bounds[AT(dv)] + (query.v - a.v);
            bound_key(dk + j * a.k_pitch, dv + j * a.v_pitch, &v, head * a.queries, j);
        }
}

const struct conformance_operator conformance_attention_backward_key_value = {
    SIZES(sizes),     PATTERNS(patterns), .without = AS_NAN, .complete = complete,
    .shapes = shapes, .fill = fill,       .bound = bound};
