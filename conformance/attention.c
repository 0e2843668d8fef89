#include "conformance/attention.h"

#include "conformance/inputs.h"

#include <math.h>

struct attention_query attention_query(const struct attention *a, size_t row) {
    struct attention_query query = {.row = row,
                                    .b = row / a->queries / a->heads,
                                    .h = row / a->queries % a->heads,
                                    .i = row % a->queries,
                                    .visible = a->keys};
    query.q = a->q + (query.b * a->queries + query.i) * a->q_pitch + a->q_offset + query.h * a->width;
    query.k = a->k + query.b * a->keys * a->k_pitch + a->k_offset + query.h * a->width;
    query.v = a->v + query.b * a->keys * a->v_pitch + a->v_offset + query.h * a->width;
    if (a->lengths != NULL && a->lengths[query.b] < query.visible)
        query.visible = a->lengths[query.b];
    if (a->causal && query.i + 1 < query.visible)
        query.visible = query.i + 1;
    return query;
}

double attention_score(const struct attention *a, const struct attention_query *query, size_t j,
                       double *magnitude) {
    const float *const key = query->k + j * a->k_pitch;
    double sum = 0;
    *magnitude = 0;
    for (size_t d = 0; d < a->width; d++) {
        const double product =
            a->scale * precision_round(query->q[d], a->rounding) * precision_round(key[d], a->rounding);
        sum += product;
        *magnitude += fabs(product);
    }
    return sum;
}

double attention_log_sum(const struct attention *a, const struct attention_query *query, double *largest) {
    double highest = -INFINITY, sum = 0, magnitude;
    *largest = 0;
    for (size_t j = 0; j < query->visible; j++) {
        const double score = attention_score(a, query, j, &magnitude);
        sum = score > highest ? sum * exp(highest - score) + 1 : sum + exp(score - highest);
        highest = fmax(highest, score);
        *largest = fmax(*largest, magnitude);
    }
    return query->visible != 0 ? highest + log(sum) : 0;
}

double attention_keep(const struct attention *a, const struct attention_query *query, size_t j) {
    if (a->random == NULL || a->dropout == 0)
        return 1;
    const uint64_t seed = (uint64_t)a->random[1] << 32 | a->random[0];
    const float uniform = philox_uniform(seed, (uint32_t)a->stream, a->random[2], query->row * a->keys + j);
    return uniform >= a->dropout ? 1 / (1 - (double)a->dropout) : 0;
}

double attention_products(const float *x, const float *y, size_t width, enum precision rounding,
                          double *sum) {
    double magnitude = 0;
    *sum = 0;
    for (size_t d = 0; d < width; d++) {
        const double product =
            (double)precision_round(x[d], rounding) * (double)precision_round(y[d], rounding);
        *sum += product;
        magnitude += fabs(product);
    }
    return magnitude;
}

double attention_rounded(double x, double error, enum precision rounding) {
    if (rounding == PRECISION_F32)
        return error;
    const double low = (double)precision_round((float)(x - error), rounding);
    const double high = (double)precision_round((float)(x + error), rounding);
    return low == high ? 0 : 2 * (high - low);
}

void attention_complete(union value *heads, union value *head_width, union value *q_pitch,
                        union value *k_pitch, union value *v_pitch) {
    union value *const pitches[] = {q_pitch, k_pitch, v_pitch};
    for (size_t i = 0; i < sizeof pitches / sizeof pitches[0]; i++)
        if (pitches[i]->n == 0)
            pitches[i]->n = heads->n * head_width->n;
}

void attention_fill_lengths(uint32_t *lengths, size_t batch, size_t keys, struct philox *random) {
    inputs_indices(lengths, batch, (uint32_t)keys + 1, random);
    if (batch > 0)
        lengths[0] = batch > 1 ? 0 : 1;
    if (batch > 1)
        lengths[batch - 1] = UINT32_MAX;
}

void attention_fill_scores(struct application *application, uint32_t q, uint32_t k, struct philox *random) {
    if (application->inputs < INPUTS_WIDE)
        return;
    inputs_reals(application->values[q].f, application->elements[q], -2, 2, random);
    inputs_reals(application->values[k].f, application->elements[k], -2, 2, random);
}

void attention_fill_between(struct application *application, uint32_t input, enum precision rounding,
                            struct philox *random) {
    if (application->inputs == INPUTS_HARD)
        inputs_between(application->values[input].f, application->elements[input], rounding, 1, false,
                       random);
}
