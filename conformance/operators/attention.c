#include "conformance/attention.h"
#include "conformance/bound.h"

#define AT(argument) ARGUMENT_INDEX(attention, argument)

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
    const struct values_attention v = values_attention(application);
    shape[AT(y)] = SHAPE(v.batch.n, v.queries.n, v.heads.n, v.head_width.n);
    shape[AT(lse)] = SHAPE(v.batch.n, v.heads.n, v.queries.n);
    shape[AT(q)] = SHAPE(v.batch.n, v.queries.n, v.q_pitch.n);
    shape[AT(k)] = SHAPE(v.batch.n, v.keys.n, v.k_pitch.n);
    shape[AT(v)] = SHAPE(v.batch.n, v.keys.n, v.v_pitch.n);
    shape[AT(lengths)] = SHAPE(v.batch.n);
    shape[AT(random)] = SHAPE(3);
}

static void fill(struct application *application, struct philox *random) {
    const struct values_attention v = values_attention(application);
    attention_fill_scores(application, AT(q), AT(k), random);
    if (v.lengths.u != NULL)
        attention_fill_lengths(v.lengths.u, v.batch.n, v.keys.n, random);
}

static void bound(const struct application *application) {
    const struct values_attention v = values_attention(application);
    const struct attention a = ATTENTION(v);
    for (size_t row = 0; row < a.batch * a.heads * a.queries; row++) {
        const struct attention_query query = attention_query(&a, row);
        double s, magnitude;
        const double log_sum = attention_log_sum(&a, &query, &s);
        const double k = (2 * (double)a.width + 28) * s + 10 * (double)query.visible + 24;
        const size_t place = ((query.b * a.queries + query.i) * a.heads + query.h) * a.width;
        double *const y = application->bounds[AT(y)] + place;
        for (size_t j = 0; j < query.visible; j++) {
            const double p = exp(attention_score(&a, &query, j, &magnitude) - log_sum);
            const double weight = k * EPS * p * attention_keep(&a, &query, j);
            for (size_t d = 0; d < a.width; d++)
                y[d] += weight * fabs((double)query.v[j * a.v_pitch + d]);
        }
        application->bounds[AT(lse)][row] = k * EPS;
    }
}

const struct conformance_operator conformance_attention = {
    SIZES(sizes),     PATTERNS(patterns), .without = AS_NAN, .complete = complete,
    .shapes = shapes, .fill = fill,       .bound = bound};
