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
    if (v.lengths.u != NULL)
        attention_fill_lengths(v.lengths.u, v.batch.n, v.keys.n, random);
    const struct attention a = ATTENTION(v);
    for (size_t row = 0; row < a.batch * a.heads * a.queries; row++) {
        const struct attention_query query = attention_query(&a, row);
        double largest;
        v.lse.f[row] = (float)attention_log_sum(&a, &query, &largest);
    }
}

/* The bounds of one key of one head: dk and dv have width elements. */
static void bound_key(double *dk, double *dv, const struct values_attention_backward_key_value *v,
                      size_t first_row, size_t j) {
    const struct attention a = ATTENTION(*v);
    const double w = (double)a.width;
    double s = 0, n = 0;
    for (size_t i = 0; i < a.queries; i++) {
        const struct attention_query query = attention_query(&a, first_row + i);
        double magnitude;
        if (j >= query.visible)
            continue;
        n++;
        const double p = exp(attention_score(&a, &query, j, &magnitude) - v->lse.f[query.row]);
        const double keep = attention_keep(&a, &query, j);
        const float *const dy = v->dy.f + ((query.b * a.queries + i) * a.heads + query.h) * a.width;
        const double products = attention_magnitude(dy, query.v + j * a.v_pitch, a.width);
        const double ds = p * (keep * products + fabs((double)v->delta.f[query.row]));
        s = fmax(s, magnitude);
        for (size_t d = 0; d < a.width; d++) {
            dk[d] += fabs(a.scale) * ds * fabs((double)query.q[d]);
            dv[d] += keep * p * fabs((double)dy[d]);
        }
    }
    const double common = (w + 8) * s + 3 * log((double)a.keys) + n + 8;
    for (size_t d = 0; d < a.width; d++) {
        dk[d] *= (common + w + 4) * EPS;
        dv[d] *= common * EPS;
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
