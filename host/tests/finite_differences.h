/* finite_differences.h: checks the gradient of an operator against differences of the operator itself.
 *
 * Describe the operator as a problem (a forward function, a backward function, arrays), then:
 *
 *     static struct problem problem;      // large: keep it static
 *     problem = (struct problem){.name = "gelu", .forward = ..., .backward = ..., .sizes = &sizes, ...};
 *     check_gradients(&problem);          // fails the running cmocka test with a message
 *
 * For a random cotangent r, L(x) = sum of r y(x) is a scalar with the gradient dx that backward gives for dy
 * = r. Every input is displaced along random directions d, and along each of its elements alone, and
 *
 *     D(h) = (8 (L(x + h d) - L(x - h d)) - (L(x + 2h d) - L(x - 2h d))) / (12 h)
 *
 * is compared with dx . d. What may lie between the two:
 *   - Rounding of the outputs. L is summed in double, but each y is fp32, wrong by u |y|, u = 2^-24. So L is
 *     wrong by u M, M = sum |r y|, and D(h) by (8 + 8 + 1 + 1) u M / (12 h) = 1.5 u M / h.
 *   - Truncation: D(h) is wrong by h^4 / 30 times the fifth derivative. D(2h) is wrong by 16 times that, so
 *     that |D(2h) - D(h)| is 15 times the error of D(h), which leaves room for higher derivatives.
 *   - Rounding of dx, and of what forward saved for backward: a few u sum |dx d| and u M; 8 of each are
 *     allowed. The displacement itself is exact: inputs are multiples of 2^-12 below 2, d of 2^-4 up to 1,
 *     and h is 2^-6, so that x + 4h d has at most 15 bits.
 *
 * The other danger is a tolerance that accepts anything: it must stay below 2^-8 of the largest gradient, or
 * of sum |dx d| along a direction, or the check fails as blunt.
 */
#ifndef MNSP_TESTS_FINITE_DIFFERENCES_H
#define MNSP_TESTS_FINITE_DIFFERENCES_H

#include "base/philox.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ARRAY_FLOATS = 1024, PROBLEM_INPUTS = 3, DIRECTIONS = 3 };

struct array {
    const char *name;
    size_t count;
    float value[ARRAY_FLOATS], gradient[ARRAY_FLOATS];
};

struct problem {
    const char *name;
    void (*forward)(struct problem *);  /* in[].value -> y.value, saved */
    void (*backward)(struct problem *); /* y.gradient, in[].value, saved -> in[].gradient */
    const void *sizes;                  /* what forward and backward need to know */
    size_t inputs;
    struct array in[PROBLEM_INPUTS], y;
    float saved[2][ARRAY_FLOATS];
};

static inline struct philox test_numbers(uint32_t step) {
    return philox_start(7, PHILOX_STREAM_TEST, step, 0);
}

/* Multiples of `grain` in [-limit, limit). */
static inline void fill_grains(float *out, size_t count, float grain, float limit, struct philox *numbers) {
    const uint32_t steps = (uint32_t)(2 * limit / grain);
    for (size_t i = 0; i < count; i++) {
        out[i] = (float)philox_next_below(numbers, steps) * grain - limit;
    }
}

/* L at x + t d; adds the magnitude M of the sum to *magnitude if that is larger. */
static inline double displaced(struct problem *problem, struct array *x, const float *direction, double t,
                               double *magnitude) {
    float kept[ARRAY_FLOATS];
    memcpy(kept, x->value, sizeof kept);
    for (size_t i = 0; i < x->count; i++) {
        x->value[i] = (float)(x->value[i] + t * direction[i]);
    }
    problem->forward(problem);
    memcpy(x->value, kept, sizeof kept);
    double sum = 0, sum_of_magnitudes = 0;
    for (size_t i = 0; i < problem->y.count; i++) {
        const double term = (double)problem->y.gradient[i] * problem->y.value[i];
        sum += term;
        sum_of_magnitudes += fabs(term);
    }
    *magnitude = fmax(*magnitude, sum_of_magnitudes);
    return sum;
}

struct comparison {
    double expected, found, tolerance; /* dx . d, D(h), and what may lie between */
    double magnitude;                  /* sum |dx d| */
};

static inline struct comparison compare(struct problem *problem, struct array *x, const float *direction) {
    const double u = 0x1p-24, h = 0x1p-6;
    double magnitude = 0, difference[3];
    for (int i = 0; i < 3; i++) {
        const double t = h * (1 << i);
        difference[i] = displaced(problem, x, direction, t, &magnitude) -
                        displaced(problem, x, direction, -t, &magnitude);
    }
    const double coarse = (8 * difference[1] - difference[2]) / (24 * h);

    struct comparison c = {.found = (8 * difference[0] - difference[1]) / (12 * h)};
    for (size_t i = 0; i < x->count; i++) {
        c.expected += (double)x->gradient[i] * direction[i];
        c.magnitude += fabs((double)x->gradient[i] * direction[i]);
    }
    c.tolerance = 1.5 * u * magnitude / h + fabs(coarse - c.found) + 8 * u * (magnitude + c.magnitude);
    return c;
}

/* Written so that a NaN is no agreement. */
static inline bool agrees(const struct comparison *c) {
    return fabs(c->found - c->expected) <= c->tolerance;
}

/* Fails unless c agrees, with a tolerance that is small beside `scale`. */
static inline void check(const struct problem *problem, const struct array *x, const struct comparison *c,
                         double scale, const char *what, size_t number) {
    if (!agrees(c)) {
        fail_msg("%s, gradient of %s, %s %zu: %.9g, but differences give %.9g (tolerance %.2g)",
                 problem->name, x->name, what, number, c->expected, c->found, c->tolerance);
    }
    if (!(c->tolerance <= 0x1p-8 * scale)) {
        fail_msg("%s, gradient of %s, %s %zu: the check is blunt, tolerance %.2g beside gradients of %.2g",
                 problem->name, x->name, what, number, c->tolerance, scale);
    }
}

static inline double largest_gradient(const struct array *x) {
    double largest = 0;
    for (size_t i = 0; i < x->count; i++) {
        largest = fmax(largest, fabs((double)x->gradient[i]));
    }
    return largest;
}

static inline void check_input(struct problem *problem, struct array *x, struct philox *numbers) {
    float direction[ARRAY_FLOATS] = {0};
    const double largest = largest_gradient(x);
    for (size_t i = 0; i < x->count; i++) {
        direction[i] = 1;
        const struct comparison c = compare(problem, x, direction);
        check(problem, x, &c, largest, "element", i);
        direction[i] = 0;
    }
    for (size_t i = 0; i < DIRECTIONS; i++) {
        fill_grains(direction, x->count, 0x1p-4f, 1, numbers);
        const struct comparison c = compare(problem, x, direction);
        check(problem, x, &c, c.magnitude, "direction", i);
    }
}

/* Fills inputs and cotangent, and runs forward and backward. */
static inline void prepare(struct problem *problem, struct philox *numbers) {
    for (size_t i = 0; i < problem->inputs; i++) {
        assert_true(problem->in[i].count <= ARRAY_FLOATS);
        fill_grains(problem->in[i].value, problem->in[i].count, 0x1p-12f, 2, numbers);
    }
    assert_true(problem->y.count <= ARRAY_FLOATS);
    fill_grains(problem->y.gradient, problem->y.count, 0x1p-8f, 1, numbers);
    problem->forward(problem);
    problem->backward(problem);
}

/* Checks the gradient of every input. */
static inline void check_gradients(struct problem *problem) {
    struct philox numbers = test_numbers(0);
    prepare(problem, &numbers);
    for (size_t i = 0; i < problem->inputs; i++) {
        check_input(problem, &problem->in[i], &numbers);
    }
}

#endif
