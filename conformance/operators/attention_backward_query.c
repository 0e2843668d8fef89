#include "conformance/attention.h"
#include "conformance/bound.h"

#define AT(argument) ARGUMENT_INDEX(attention_backward_query, argument)

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
    const struct values_attention_backward_query v = values_attention_backward_query(application);
    shape[AT(dy)] = shape[AT(y)] = SHAPE(v.batch.n, v.queries.n, v.heads.n, v.head_width.n);
    shape[AT(delta)] = shape[AT(lse)] = SHAPE(v.batch.n, v.heads.n, v.queries.n);
    shape[AT(dq)] = shape[AT(q)] = SHAPE(v.batch.n, v.queries.n, v.q_pitch.n);
    shape[AT(k)] = SHAPE(v.batch.n, v.keys.n, v.k_pitch.n);
    shape[AT(v)] = SHAPE(v.batch.n, v.keys.n, v.v_pitch.n);
    shape[AT(lengths)] = SHAPE(v.batch.n);
    shape[AT(random)] = SHAPE(3);
}

/* lse is what attention gives; y may be anything. */
static void fill(struct application *application, struct philox *random) {
    const struct values_attention_backward_query v = values_attention_backward_query(application);
    attention_fill_scores(application, AT(q), AT(k), random);
    const enum precision rounding = (enum precision)v.rounding.n;
    attention_fill_between(application, AT(q), rounding, random);
    attention_fill_between(application, AT(k), rounding, random);
    attention_fill_between(application, AT(v), rounding, random);
    attention_fill_between(application, AT(dy), rounding, random);
    attention_fill_between(application, AT(y), rounding, random);
    if (v.lengths.u != NULL)
        attention_fill_lengths(v.lengths.u, v.batch.n, v.keys.n, random);
    const struct attention a = ATTENTION(v);
    for (size_t row = 0; row < a.batch * a.heads * a.queries; row++) {
        const struct attention_query query = attention_query(&a, row);
        double largest;
        v.lse.f[row] = (float)attention_log_sum(&a, &query, &largest);
    }
}

static void bound(const struct application *application) {
    const struct values_attention_backward_query v = values_attention_backward_query(application);
    const struct attention a = ATTENTION(v);
    const double w = (double)a.width;
    for (size_t row = 0; row < a.batch * a.heads * a.queries; row++) {
        const struct attention_query query = attention_query(&a, row);
        const size_t place = ((query.b * a.queries + query.i) * a.heads + query.h) * a.width;
        const float *const dy = v.dy.f + place;
        double *const dq = application->bounds[AT(dq)] + (query.q - a.q);
        double s, magnitude, shift, dp;
        const double n = (double)query.visible;
        const double delta = attention_products(dy, v.y.f + place, a.width, a.rounding, &shift);
        attention_log_sum(&a, &query, &s);
        const double factor = ((w + 8) * s + 3 * log(fmax(n, 1)) + w + 12) * EPS;
        for (size_t j = 0; j < query.visible; j++) {
            const double p = exp(attention_score(&a, &query, j, &magnitude) - v.lse.f[row]);
            const double products = attention_products(dy, query.v + j * a.v_pitch, a.width, a.rounding, &dp);
            const double keep = attention_keep(&a, &query, j), most = p * (keep * products + delta);
            const double error =
                attention_rounded(p * (keep * dp - shift), factor * most, a.rounding) + n * EPS * most;
            for (size_t d = 0; d < a.width; d++)
                dq[d] += fabs(a.scale) * error *
                         fabs((double)precision_round(query.k[j * a.k_pitch + d], a.rounding));
        }
        application->bounds[AT(delta)][row] = gamma_of(w) * delta;
    }
}

const struct conformance_operator conformance_attention_backward_query = {
    SIZES(sizes),     PATTERNS(patterns), .without = AS_NAN, .complete = complete,
    .shapes = shapes, .fill = fill,       .bound = bound};
