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
    const enum precision rounding = (enum precision)v.rounding.n;
    attention_fill_between(application, AT(q), rounding, random);
    attention_fill_between(application, AT(k), rounding, random);
    attention_fill_between(application, AT(v), rounding, random);
    if (v.lengths.u != NULL)
        attention_fill_lengths(v.lengths.u, v.batch.n, v.keys.n, random);
}

/* n log 2, by which the reference shifts the scores. */
static double shift_of(const struct attention *a, const struct attention_query *query) {
    double largest = -INFINITY, magnitude;
    for (size_t j = 0; j < query->visible; j++)
        largest = fmax(largest, attention_score(a, query, j, &magnitude));
    return ceil(largest / log(2)) * log(2);
}

/* What rounding makes of the error of a weight. A device that knows a smaller n rounds the small ones of
 * binary16 in finer steps. */
static double rounding_error(const struct attention *a, double weight, double error) {
    if (a->rounding == PRECISION_F32)
        return 0;
    const bool is_small = a->rounding == PRECISION_F16 && weight > 0 && weight - error < 0x1p-14;
    return attention_rounded(weight, error, a->rounding) + (is_small ? 0x1p-24 : 0);
}

static void bound(const struct application *application) {
    const struct values_attention v = values_attention(application);
    const struct attention a = ATTENTION(v);
    for (size_t row = 0; row < a.batch * a.heads * a.queries; row++) {
        const struct attention_query query = attention_query(&a, row);
        double s, magnitude;
        const double log_sum = attention_log_sum(&a, &query, &s);
        const double k = (2 * (double)a.width + 24) * s + 2 * (double)query.visible + 24;
        const double shift = shift_of(&a, &query), z = exp(log_sum - shift);
        const size_t place = ((query.b * a.queries + query.i) * a.heads + query.h) * a.width;
        double *const y = application->bounds[AT(y)] + place;
        for (size_t j = 0; j < query.visible; j++) {
            const double e = exp(attention_score(&a, &query, j, &magnitude) - shift);
            const double weight = attention_keep(&a, &query, j) * e;
            const double error = k * EPS * weight + rounding_error(&a, weight, k * EPS * weight);
            for (size_t d = 0; d < a.width; d++)
                y[d] += error / z * fabs((double)precision_round(query.v[j * a.v_pitch + d], a.rounding));
        }
        application->bounds[AT(lse)][row] = k * EPS;
    }
}

const struct conformance_operator conformance_attention = {
    SIZES(sizes),     PATTERNS(patterns), .without = AS_NAN, .complete = complete,
    .shapes = shapes, .fill = fill,       .bound = bound};
