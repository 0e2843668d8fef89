/* Gradients of the operators against finite differences of their reference. Attention has a file of its own.
 */
#include "finite_differences.h"
#include "reference/reference.h"

static struct problem problem;

/* ---- matmul: the table of gradients in spec/operators.md ---- */

struct matmul_sizes {
    size_t batch, m, n, k, transpose_a, transpose_b;
    bool with_bias;
};

static void matmul_forward(struct problem *p) {
    const struct matmul_sizes *s = p->sizes;
    reference_product(p->y.value, p->in[0].value, p->in[1].value, s->with_bias ? p->in[2].value : NULL,
                      s->batch, s->m, s->n, s->k, s->transpose_a, s->transpose_b);
}

static void matmul_backward(struct problem *p) {
    const struct matmul_sizes *s = p->sizes;
    const float *a = p->in[0].value, *b = p->in[1].value, *dc = p->y.gradient;
    float *da = p->in[0].gradient, *db = p->in[1].gradient;
    const size_t g = s->batch, m = s->m, n = s->n, k = s->k;
    if (s->transpose_a) {
        reference_product(da, b, dc, NULL, g, k, m, n, s->transpose_b, 1);
    } else {
        reference_product(da, dc, b, NULL, g, m, k, n, 0, !s->transpose_b);
    }
    if (s->transpose_b) {
        reference_product(db, dc, a, NULL, g, n, k, m, 1, s->transpose_a);
    } else {
        reference_product(db, a, dc, NULL, g, k, n, m, !s->transpose_a, 0);
    }
    if (s->with_bias) {
        reference_sum_rows(p->in[2].gradient, dc, g * m, n, 1, 0);
    }
}

static void test_matmul(void **state) {
    (void)state;
    for (size_t variant = 0; variant < 16; variant++) {
        const struct matmul_sizes s = {.batch = variant & 8 ? 3 : 1,
                                       .m = 4,
                                       .n = 5,
                                       .k = 3,
                                       .transpose_a = variant & 1,
                                       .transpose_b = variant >> 1 & 1,
                                       .with_bias = variant >> 2 & 1};
        problem = (struct problem){.name = "matmul",
                                   .forward = matmul_forward,
                                   .backward = matmul_backward,
                                   .sizes = &s,
                                   .inputs = s.with_bias ? 3 : 2,
                                   .in = {{.name = "a", .count = s.batch * s.m * s.k},
                                          {.name = "b", .count = s.batch * s.k * s.n},
                                          {.name = "bias", .count = s.n}},
                                   .y.count = s.batch * s.m * s.n};
        check_gradients(&problem);
    }
}

/* ---- layernorm ---- */

struct layernorm_sizes {
    size_t rows, width, correction;
    bool with_weight, with_bias;
};

static void layernorm_forward(struct problem *p) {
    const struct layernorm_sizes *s = p->sizes;
    reference_layernorm(p->y.value, p->saved[0], p->saved[1], p->in[0].value,
                        s->with_weight ? p->in[1].value : NULL, s->with_bias ? p->in[2].value : NULL, s->rows,
                        s->width, s->correction, 1e-3f);
}

static void layernorm_backward(struct problem *p) {
    const struct layernorm_sizes *s = p->sizes;
    reference_layernorm_backward(p->in[0].gradient, p->y.gradient, p->in[0].value, p->saved[0], p->saved[1],
                                 s->with_weight ? p->in[1].value : NULL, NULL, s->rows, s->width,
                                 s->correction, 0);
    reference_layernorm_backward_affine(p->in[1].gradient, p->in[2].gradient, p->y.gradient, p->in[0].value,
                                        p->saved[0], p->saved[1], s->rows, s->width, 0);
}

static void test_layernorm(void **state) {
    (void)state;
    /* Weight alone, weight and bias, neither; either correction; width 1, where correction 1 divides by 1. */
    const struct layernorm_sizes cases[] = {
        {3, 7, 0, true, true},   {3, 7, 1, true, true},   {2, 5, 0, true, false},
        {2, 6, 0, false, false}, {2, 6, 1, false, false}, {4, 9, 2, true, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct layernorm_sizes *s = &cases[i];
        problem = (struct problem){.name = "layernorm",
                                   .forward = layernorm_forward,
                                   .backward = layernorm_backward,
                                   .sizes = s,
                                   .inputs = s->with_bias     ? 3
                                             : s->with_weight ? 2
                                                              : 1,
                                   .in = {{.name = "x", .count = s->rows * s->width},
                                          {.name = "weight", .count = s->width},
                                          {.name = "bias", .count = s->width}},
                                   .y.count = s->rows * s->width};
        check_gradients(&problem);
    }
}

/* ---- element by element ---- */

static void gelu_forward(struct problem *p) {
    reference_gelu(p->y.value, p->in[0].value, p->y.count);
}

static void gelu_backward(struct problem *p) {
    reference_gelu_backward(p->in[0].gradient, p->y.gradient, p->in[0].value, p->y.count, 0);
}

static void add_forward(struct problem *p) {
    reference_add(p->y.value, p->in[0].value, p->in[1].value, p->y.count);
}

static void add_backward(struct problem *p) {
    memcpy(p->in[0].gradient, p->y.gradient, sizeof p->y.gradient);
    memcpy(p->in[1].gradient, p->y.gradient, sizeof p->y.gradient);
}

static void scale_forward(struct problem *p) {
    reference_scale(p->y.value, p->in[0].value, p->y.count, -1.7f);
}

static void scale_backward(struct problem *p) {
    reference_scale(p->in[0].gradient, p->y.gradient, p->y.count, -1.7f);
}

static const uint32_t random_state[3] = {11, 22, 33};

static void dropout_forward(struct problem *p) {
    reference_dropout(p->y.value, p->in[0].value, random_state, p->y.count, 5, 0.3f);
}

static void dropout_backward(struct problem *p) {
    reference_dropout(p->in[0].gradient, p->y.gradient, random_state, p->y.count, 5, 0.3f);
}

static void test_elements(void **state) {
    (void)state;
    const struct {
        const char *name;
        void (*forward)(struct problem *), (*backward)(struct problem *);
        size_t inputs;
    } cases[] = {
        {"gelu", gelu_forward, gelu_backward, 1},
        {"add", add_forward, add_backward, 2},
        {"scale", scale_forward, scale_backward, 1},
        {"dropout", dropout_forward, dropout_backward, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        problem = (struct problem){.name = cases[i].name,
                                   .forward = cases[i].forward,
                                   .backward = cases[i].backward,
                                   .inputs = cases[i].inputs,
                                   .in = {{.name = "first", .count = 37}, {.name = "second", .count = 37}},
                                   .y.count = 37};
        check_gradients(&problem);
    }
}

/* ---- rows ---- */

static void softmax_forward(struct problem *p) {
    reference_softmax(p->y.value, p->in[0].value, 3, p->y.count / 3);
}

static void softmax_backward(struct problem *p) {
    reference_softmax_backward(p->in[0].gradient, p->y.gradient, p->y.value, 3, p->y.count / 3);
}

static void test_softmax(void **state) {
    (void)state;
    for (size_t width = 2; width <= 8; width += 3) {
        problem = (struct problem){.name = "softmax",
                                   .forward = softmax_forward,
                                   .backward = softmax_backward,
                                   .inputs = 1,
                                   .in = {{.name = "x", .count = 3 * width}},
                                   .y.count = 3 * width};
        check_gradients(&problem);
    }
}

enum { ROWS = 7, WIDTH = 3, PERIOD = 3, FIRST = 2, TABLE_ROWS = 6 };

static void add_rows_forward(struct problem *p) {
    reference_add_rows(p->y.value, p->in[0].value, p->in[1].value, ROWS, WIDTH, PERIOD, FIRST);
}

static void add_rows_backward(struct problem *p) {
    float sum[PERIOD * WIDTH];
    memcpy(p->in[0].gradient, p->y.gradient, sizeof p->y.gradient);
    reference_sum_rows(sum, p->y.gradient, ROWS, WIDTH, PERIOD, 0);
    reference_slice_backward(p->in[1].gradient, sum, 1, TABLE_ROWS, FIRST, PERIOD, WIDTH);
}

static void broadcast_rows_forward(struct problem *p) {
    reference_broadcast_rows(p->y.value, p->in[0].value, ROWS, WIDTH, PERIOD);
}

static void broadcast_rows_backward(struct problem *p) {
    reference_sum_rows(p->in[0].gradient, p->y.gradient, ROWS, WIDTH, PERIOD, 0);
}

static void sum_rows_forward(struct problem *p) {
    reference_sum_rows(p->y.value, p->in[0].value, ROWS, WIDTH, PERIOD, 0);
}

static void sum_rows_backward(struct problem *p) {
    reference_broadcast_rows(p->in[0].gradient, p->y.gradient, ROWS, WIDTH, PERIOD);
}

static void concatenate_forward(struct problem *p) {
    reference_concatenate(p->y.value, p->in[0].value, p->in[1].value, 3, 2, 4, WIDTH);
}

static void concatenate_backward(struct problem *p) {
    reference_slice(p->in[0].gradient, p->y.gradient, 3, 6, 0, 2, WIDTH);
    reference_slice(p->in[1].gradient, p->y.gradient, 3, 6, 2, 4, WIDTH);
}

static void slice_forward(struct problem *p) {
    reference_slice(p->y.value, p->in[0].value, 3, 5, 1, 2, WIDTH);
}

static void slice_backward(struct problem *p) {
    reference_slice_backward(p->in[0].gradient, p->y.gradient, 3, 5, 1, 2, WIDTH);
}

/* Two images of 4 rows, 5 picks each: one row twice, one never, one index that is no row. */
static const uint32_t picks[10] = {3, 0, 3, 0xFFFFFFFF, 1, 2, 2, 2, 0, 4};

static void gather_rows_forward(struct problem *p) {
    reference_gather_rows(p->y.value, p->in[0].value, picks, 2, 4, 5, WIDTH);
}

static void gather_rows_backward(struct problem *p) {
    reference_gather_rows_backward(p->in[0].gradient, p->y.gradient, picks, 2, 4, 5, WIDTH);
}

static void test_rows(void **state) {
    (void)state;
    const struct {
        const char *name;
        void (*forward)(struct problem *), (*backward)(struct problem *);
        size_t y_rows, first_rows, second_rows;
    } cases[] = {
        {"add_rows", add_rows_forward, add_rows_backward, ROWS, ROWS, TABLE_ROWS},
        {"broadcast_rows", broadcast_rows_forward, broadcast_rows_backward, ROWS, PERIOD, 0},
        {"sum_rows", sum_rows_forward, sum_rows_backward, PERIOD, ROWS, 0},
        {"concatenate", concatenate_forward, concatenate_backward, 18, 6, 12},
        {"slice", slice_forward, slice_backward, 6, 15, 0},
        {"gather_rows", gather_rows_forward, gather_rows_backward, 10, 8, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        problem = (struct problem){.name = cases[i].name,
                                   .forward = cases[i].forward,
                                   .backward = cases[i].backward,
                                   .inputs = cases[i].second_rows ? 2 : 1,
                                   .in = {{.name = "first", .count = cases[i].first_rows * WIDTH},
                                          {.name = "second", .count = cases[i].second_rows * WIDTH}},
                                   .y.count = cases[i].y_rows * WIDTH};
        check_gradients(&problem);
    }
}

/* ---- losses: y is the loss of each row, its cotangent dloss ---- */

enum { LOSS_ROWS = 5, LOSS_WIDTH = 6 };

static const uint32_t some_removed[LOSS_ROWS] = {1, 0, 7, 0, 1};
static float pixels[LOSS_ROWS * LOSS_WIDTH];

static void masked_mse_forward(struct problem *p) {
    reference_masked_mse(p->y.value, p->in[0].value, pixels, p->sizes, LOSS_ROWS, LOSS_WIDTH, 0.3f);
}

static void masked_mse_backward(struct problem *p) {
    reference_masked_mse_backward(p->in[0].gradient, p->y.gradient, p->in[0].value, pixels, p->sizes,
                                  LOSS_ROWS, LOSS_WIDTH, 0.3f);
}

static void test_masked_mse(void **state) {
    (void)state;
    struct philox numbers = test_numbers(1);
    fill_grains(pixels, LOSS_ROWS * LOSS_WIDTH, 0x1p-12f, 2, &numbers);
    const uint32_t *removed[] = {NULL, some_removed};
    for (size_t i = 0; i < 2; i++) {
        problem = (struct problem){.name = "masked_mse",
                                   .forward = masked_mse_forward,
                                   .backward = masked_mse_backward,
                                   .sizes = removed[i],
                                   .inputs = 1,
                                   .in = {{.name = "prediction", .count = LOSS_ROWS * LOSS_WIDTH}},
                                   .y.count = LOSS_ROWS};
        check_gradients(&problem);
    }
}

/* Row 1 has the ignored class, row 3 no class at all. */
static const uint32_t targets[LOSS_ROWS] = {0, 2, 5, 0xFFFFFFFF, 4};

static void cross_entropy_forward(struct problem *p) {
    reference_cross_entropy(p->y.value, p->saved[0], p->in[0].value, targets, LOSS_ROWS, LOSS_WIDTH, 2, 0.7f);
}

static void cross_entropy_backward(struct problem *p) {
    reference_cross_entropy_backward(p->in[0].gradient, p->y.gradient, p->in[0].value, p->saved[0], targets,
                                     LOSS_ROWS, LOSS_WIDTH, 2, 0.7f);
}

static void test_cross_entropy(void **state) {
    (void)state;
    problem = (struct problem){.name = "cross_entropy",
                               .forward = cross_entropy_forward,
                               .backward = cross_entropy_backward,
                               .inputs = 1,
                               .in = {{.name = "logits", .count = LOSS_ROWS * LOSS_WIDTH}},
                               .y.count = LOSS_ROWS};
    check_gradients(&problem);
}

/* ---- ctc ---- */

enum { CTC_BATCH = 3, CTC_STEPS = 6, CTC_CLASSES = 4, CTC_PLACES = 4, CTC_STATES = 2 * CTC_PLACES - 1 };

/* Three symbols of which two are equal neighbours; one; and four that six steps cannot write. */
static const uint32_t ctc_target[CTC_BATCH * CTC_PLACES] = {2, 2, 1, 3, 1, 3, 3, 3, 1, 1, 1, 9},
                                             ctc_length[CTC_BATCH] = {4, 2, 4};
static float ctc_saved[CTC_BATCH * (1 + CTC_STEPS * (CTC_STATES + 1))];

#define CTC_SAVED ctc_saved, ctc_saved + CTC_BATCH, ctc_saved + CTC_BATCH *(1 + CTC_STEPS * CTC_STATES)

static void ctc_forward(struct problem *p) {
    reference_ctc(p->y.value, CTC_SAVED, p->in[0].value, ctc_target, ctc_length, CTC_BATCH, CTC_STEPS,
                  CTC_CLASSES, CTC_PLACES, 3, 0.7f);
}

static void ctc_backward(struct problem *p) {
    reference_ctc_backward(p->in[0].gradient, p->y.gradient, CTC_SAVED, p->in[0].value, ctc_target,
                           ctc_length, CTC_BATCH, CTC_STEPS, CTC_CLASSES, CTC_PLACES, 3, 0.7f);
}

static void test_ctc(void **state) {
    (void)state;
    problem = (struct problem){.name = "ctc",
                               .forward = ctc_forward,
                               .backward = ctc_backward,
                               .inputs = 1,
                               .in = {{.name = "logits", .count = CTC_BATCH * CTC_STEPS * CTC_CLASSES}},
                               .y.count = CTC_BATCH};
    check_gradients(&problem);
}

/* ---- the check itself ---- */

/* An error of a hundredth of the largest gradient, in one element, does not pass. */
static void test_sharpness(void **state) {
    (void)state;
    struct philox numbers = test_numbers(2);
    float direction[ARRAY_FLOATS] = {0};
    direction[20] = 1;
    problem = (struct problem){.name = "gelu",
                               .forward = gelu_forward,
                               .backward = gelu_backward,
                               .inputs = 1,
                               .in = {{.name = "x", .count = 37}},
                               .y.count = 37};
    prepare(&problem, &numbers);
    struct comparison c = compare(&problem, &problem.in[0], direction);
    assert_true(agrees(&c));
    problem.in[0].gradient[20] += 0.01f * (float)largest_gradient(&problem.in[0]);
    c = compare(&problem, &problem.in[0], direction);
    assert_false(agrees(&c));
    problem.in[0].gradient[20] = NAN;
    c = compare(&problem, &problem.in[0], direction);
    assert_false(agrees(&c));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matmul),        cmocka_unit_test(test_layernorm),
        cmocka_unit_test(test_elements),      cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_masked_mse),
        cmocka_unit_test(test_cross_entropy), cmocka_unit_test(test_ctc),
        cmocka_unit_test(test_sharpness),
    };
    return cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
}
