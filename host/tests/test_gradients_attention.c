/* Gradients of attention against finite differences of the reference, in every layout and with every mask. */
#include "finite_differences.h"
#include "reference/reference.h"

static struct problem problem;

/* One place of q, k or v: which input array, and where in it. */
struct place {
    size_t array, pitch, offset;
};

struct attention_sizes {
    const char *name;
    size_t batch, heads, queries, keys, head_width;
    struct place q, k, v;
    bool causal;
    const uint32_t *lengths, *random;
    float dropout;
};

static const float SCALE = 0.6f;
enum { STREAM = 3 };

static void attention_forward(struct problem *p) {
    const struct attention_sizes *s = p->sizes;
    reference_attention(p->y.value, p->saved[0], p->in[s->q.array].value, p->in[s->k.array].value,
                        p->in[s->v.array].value, s->lengths, s->random, s->batch, s->heads, s->queries,
                        s->keys, s->head_width, s->q.pitch, s->q.offset, s->k.pitch, s->k.offset, s->v.pitch,
                        s->v.offset, s->causal, STREAM, 0, SCALE, s->dropout);
}

static void attention_backward(struct problem *p) {
    const struct attention_sizes *s = p->sizes;
    const float *q = p->in[s->q.array].value, *k = p->in[s->k.array].value, *v = p->in[s->v.array].value;
    float *delta = p->saved[1];
    const float *lse = p->saved[0];
    reference_attention_backward_query(p->in[s->q.array].gradient, delta, p->y.gradient, p->y.value, lse, q,
                                       k, v, s->lengths, s->random, s->batch, s->heads, s->queries, s->keys,
                                       s->head_width, s->q.pitch, s->q.offset, s->k.pitch, s->k.offset,
                                       s->v.pitch, s->v.offset, s->causal, STREAM, 0, SCALE, s->dropout);
    reference_attention_backward_key_value(p->in[s->k.array].gradient, p->in[s->v.array].gradient,
                                           p->y.gradient, delta, lse, q, k, v, s->lengths, s->random,
                                           s->batch, s->heads, s->queries, s->keys, s->head_width, s->q.pitch,
                                           s->q.offset, s->k.pitch, s->k.offset, s->v.pitch, s->v.offset,
                                           s->causal, STREAM, 0, SCALE, s->dropout);
}

static void check_attention(const struct attention_sizes *s) {
    problem = (struct problem){.name = s->name,
                               .forward = attention_forward,
                               .backward = attention_backward,
                               .sizes = s,
                               .in = {{.name = "first"}, {.name = "second"}, {.name = "third"}},
                               .y.count = s->batch * s->queries * s->heads * s->head_width};
    problem.in[s->q.array].count = s->batch * s->queries * s->q.pitch;
    problem.in[s->k.array].count = s->batch * s->keys * s->k.pitch;
    problem.in[s->v.array].count = s->batch * s->keys * s->v.pitch;
    while (problem.inputs < PROBLEM_INPUTS && problem.in[problem.inputs].count > 0) {
        problem.inputs++;
    }
    check_gradients(&problem);
}

static const uint32_t lengths[2] = {2, 5};
static const uint32_t random_state[3] = {5, 6, 7};

/* q, k and v in arrays of their own, more keys than queries. */
static void test_separate(void **state) {
    (void)state;
    const struct attention_sizes s = {"separate arrays", 2,         2,     3,    5,    4, {0, 8, 0},
                                      {1, 8, 0},         {2, 8, 0}, false, NULL, NULL, 0};
    check_attention(&s);
}

/* One array (batch, tokens, 3 width), as a fused projection leaves it. */
static void test_self(void **state) {
    (void)state;
    const struct attention_sizes s = {"self-attention", 2,           2,     4,    4,    3, {0, 18, 0},
                                      {0, 18, 6},       {0, 18, 12}, false, NULL, NULL, 0};
    check_attention(&s);
}

/* Queries from one array, keys and values fused in another, in the other order and with floats between them:
 * the gradient of those floats is 0, and stays as it was. */
static void test_cross(void **state) {
    (void)state;
    const struct attention_sizes s = {"cross-attention", 2,          3,     3,    5,    2, {0, 9, 2},
                                      {1, 15, 8},        {1, 15, 1}, false, NULL, NULL, 0};
    check_attention(&s);
}

static void test_causal(void **state) {
    (void)state;
    struct attention_sizes s = {
        "causal self-attention", 1, 2, 5, 5, 3, {0, 18, 0}, {0, 18, 6}, {0, 18, 12}, true, NULL, NULL, 0};
    check_attention(&s);
    s = (struct attention_sizes){"causal, fewer keys than queries",
                                 2,
                                 1,
                                 5,
                                 3,
                                 4,
                                 {0, 4, 0},
                                 {1, 4, 0},
                                 {2, 4, 0},
                                 true,
                                 NULL,
                                 NULL,
                                 0};
    check_attention(&s);
}

/* One image has fewer visible keys, the other has a length beyond keys. */
static void test_lengths(void **state) {
    (void)state;
    struct attention_sizes s = {"lengths",  2,          2,     3,       4,    3, {0, 6, 0},
                                {1, 12, 0}, {1, 12, 6}, false, lengths, NULL, 0};
    check_attention(&s);
    s.name = "lengths, causal";
    s.causal = true;
    check_attention(&s);
}

/* An image without any visible key takes no part: its gradients are 0. */
static void test_nothing_visible(void **state) {
    (void)state;
    static const uint32_t none_and_some[2] = {0, 3};
    const struct attention_sizes s = {
        "nothing visible", 2, 1, 3, 4, 3, {0, 3, 0}, {1, 3, 0}, {2, 3, 0}, false, none_and_some, NULL, 0};
    check_attention(&s);
}

static void test_dropout(void **state) {
    (void)state;
    struct attention_sizes s = {
        "dropout", 2, 2, 4, 4, 3, {0, 18, 0}, {0, 18, 6}, {0, 18, 12}, false, NULL, random_state, 0.4f};
    check_attention(&s);
    s.name = "dropout, causal, lengths";
    s.causal = true;
    s.lengths = lengths;
    check_attention(&s);
}

/* Wider heads than are taken at a time. */
static void test_wide_head(void **state) {
    (void)state;
    const struct attention_sizes s = {"wide head", 1,          1,     2,    3,    70, {0, 70, 0},
                                      {1, 70, 0},  {2, 70, 0}, false, NULL, NULL, 0};
    check_attention(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separate), cmocka_unit_test(test_self),
        cmocka_unit_test(test_cross),    cmocka_unit_test(test_causal),
        cmocka_unit_test(test_lengths),  cmocka_unit_test(test_nothing_visible),
        cmocka_unit_test(test_dropout),  cmocka_unit_test(test_wide_head),
    };
    return cmocka_run_group_tests_name("gradients of attention", tests, NULL, NULL);
}
