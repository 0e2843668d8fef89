/* attention.h: what the cases of the three attention operators share; spec/operators.md, attention, names the
 * quantities.
 */
#ifndef MNSP_CONFORMANCE_ATTENTION_H
#define MNSP_CONFORMANCE_ATTENTION_H

#include "conformance/case.h"

/* What the sizes of all three are drawn from, beside attention_sizes.h: tensors of their own, and parts of
 * wider ones; without a mask, with lengths, with dropout. */
#define ATTENTION_PATTERNS                                                                                   \
    {"batch=1..3,heads=1..4,queries=1..90,keys=1..90,head_width=1..64,causal=0|1,scale=0.1|0.3,"             \
     "lengths=none|,random=none",                                                                            \
     AS_REAL},                                                                                               \
        {"batch=1..3,heads=1..4,queries=1..70,keys=1..70,head_width=1..48,"                                  \
         "q_offset=0..9,q_pitch=q_offset+heads*head_width+0..9,k_offset=0..9,"                               \
         "k_pitch=k_offset+heads*head_width+0..9,v_offset=0..9,v_pitch=v_offset+heads*head_width+0..9,"      \
         "causal=0|1,stream=0..99,scale=0.2,dropout=0.1|0.5,lengths=none|",                                  \
         AS_REAL},

/* The arguments that all three have. */
struct attention {
    const float *q, *k, *v;
    const uint32_t *lengths, *random; /* may be NULL */
    size_t batch, heads, queries, keys, width;
    size_t q_pitch, q_offset, k_pitch, k_offset, v_pitch, v_offset, causal, stream;
    enum precision rounding;
    double scale;
    float dropout;
};

/* From the values of any of the three. */
#define ATTENTION(v_)                                                                                        \
    ((struct attention){(v_).q.f,                                                                            \
                        (v_).k.f,                                                                            \
                        (v_).v.f,                                                                            \
                        (v_).lengths.u,                                                                      \
                        (v_).random.u,                                                                       \
                        (v_).batch.n,                                                                        \
                        (v_).heads.n,                                                                        \
                        (v_).queries.n,                                                                      \
                        (v_).keys.n,                                                                         \
                        (v_).head_width.n,                                                                   \
                        (v_).q_pitch.n,                                                                      \
                        (v_).q_offset.n,                                                                     \
                        (v_).k_pitch.n,                                                                      \
                        (v_).k_offset.n,                                                                     \
                        (v_).v_pitch.n,                                                                      \
                        (v_).v_offset.n,                                                                     \
                        (v_).causal.n,                                                                       \
                        (v_).stream.n,                                                                       \
                        (enum precision)(v_).rounding.n,                                                     \
                        (double)(v_).scale.real,                                                             \
                        (v_).dropout.real})

/* One query of one head of one image: "row" (image heads + head) queries + query. */
struct attention_query {
    const float *q;     /* width floats */
    const float *k, *v; /* of the first key; the next is k_pitch, v_pitch further */
    size_t row, b, h, i, visible;
};

struct attention_query attention_query(const struct attention *a, size_t row);

/* scale (q . k) of key j, and in *magnitude the same with every product made positive. */
double attention_score(const struct attention *a, const struct attention_query *query, size_t j,
                       double *magnitude);

/* log sum of exp of the scores; in *largest the largest magnitude of one. */
double attention_log_sum(const struct attention *a, const struct attention_query *query, double *largest);

/* 0 or 1 / (1 - dropout). */
double attention_keep(const struct attention *a, const struct attention_query *query, size_t j);

/* Sum of |x||y|, and in *sum that of x y, of elements that are rounded. */
double attention_products(const float *x, const float *y, size_t width, enum precision rounding, double *sum);

/* How far a computed factor may be off once it is rounded, if it was `error` off x before; twice that, so
 * that a rounding that goes the other way does not count as poor quality. */
double attention_rounded(double x, double error, enum precision rounding);

/* Pitches that the sizes leave at 0 are those of tensors of their own: heads x head_width. */
void attention_complete(union value *heads, union value *head_width, union value *q_pitch,
                        union value *k_pitch, union value *v_pitch);

/* Where the inputs are to hurt: queries and keys stay within -2 .. 2, so that scores do. */
void attention_fill_scores(struct application *application, uint32_t q, uint32_t k, struct philox *random);

/* For INPUTS_HARD, an input that lies between two numbers of 16 bits. */
void attention_fill_between(struct application *application, uint32_t input, enum precision rounding,
                            struct philox *random);

/* The first image sees no key, if there are more; the last one more than there are; the rest any number. */
void attention_fill_lengths(uint32_t *lengths, size_t batch, size_t keys, struct philox *random);

#endif
