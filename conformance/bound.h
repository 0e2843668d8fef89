/* bound.h: the pieces of which bounds are made; spec/numerics.md derives them. */
#ifndef MNSP_CONFORMANCE_BOUND_H
#define MNSP_CONFORMANCE_BOUND_H

#include <math.h>
#include <stddef.h>

/* One rounding of fp32, either direction, relative. */
#define EPS 0x1p-23

/* Accuracy that Vulkan states, in units of EPS. */
enum { DIVISION = 3 /* 2.5 */, INVERSE_SQRT = 2, SQRT = 5 /* 4.5 */ };

/* What n roundings in a row add up to at most, relative. */
static inline double gamma_of(double n) {
    return n * EPS / (1 - n * EPS);
}

/* Relative error of exp(a - b), where x = a - b is computed in fp32. */
static inline double exp_error(double x) {
    return (3 + 3 * fabs(x)) * EPS;
}

/* Absolute error of log(x), of itself. */
static inline double log_error(double x) {
    return x >= 0.49 && x <= 2.01 ? 4 * EPS : 3 * EPS * fabs(log(x));
}

#endif
