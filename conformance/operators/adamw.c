#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(adamw, argument)

#define SETTINGS "beta1=0.9,beta2=0.95,epsilon=1e-8"

static const struct sizes sizes[] = {
    {"count=1,rate_scale=1," SETTINGS ",weight_decay=0.05", AS_INTEGER | AS_REAL},
    {"count=1021,rate_scale=0.3," SETTINGS ",weight_decay=0", AS_INTEGER | AS_REAL | AS_HARD},
    {"count=147456,rate_scale=1," SETTINGS ",weight_decay=0.05", AS_INTEGER | AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"count=1..100000,rate_scale=1|0.3|1e-3," SETTINGS ",weight_decay=0|0.05",
     AS_INTEGER | AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_adamw v = values_adamw(application);
    shape[AT(parameter)] = shape[AT(m)] = shape[AT(v)] = shape[AT(gradient)] = SHAPE(v.count.n);
    shape[AT(schedule)] = SHAPE(1);
    shape[AT(control)] = SHAPE(5);
}

/* Integers: the gradient was not finite, so that nothing may change. Reals: the third step, with clipping.
 * Hard: the first step, with magnitudes over many powers of two. */
static void fill(struct application *application, struct philox *random) {
    const struct values_adamw v = values_adamw(application);
    const bool hard = application->inputs == INPUTS_HARD;
    const double step = hard ? 1 : 3;
    v.schedule.f[0] = 1e-3F;
    v.control.f[0] = 5;
    v.control.f[1] = 0.2F;
    v.control.f[2] = application->inputs == INPUTS_INTEGER ? 0 : 1;
    v.control.f[3] = (float)(1 - pow(v.beta1.real, step));
    v.control.f[4] = (float)(1 - pow(v.beta2.real, step));
    if (application->inputs < INPUTS_WIDE)
        inputs_reals(v.v.f, v.count.n, 0, hard ? 0 : 1, random);
    for (size_t i = 0; i < v.count.n; i++)
        v.v.f[i] = fabsf(v.v.f[i]);
    if (hard) {
        memset(v.m.f, 0, v.count.n * sizeof(float));
        inputs_wide(v.gradient.f, v.count.n, 40, random);
    }
}

/* Named as in spec/operators.md, adamw. */
static void bound(const struct application *application) {
    const struct values_adamw v = values_adamw(application);
    const double rate = (double)v.schedule.f[0] * v.rate_scale.real, beta1 = v.beta1.real;
    for (size_t i = 0; i < v.count.n; i++) {
        const double g = (double)v.gradient.f[i] * v.control.f[1];
        const double old = application->before[AT(parameter)][i];
        const double magnitude = fabs(beta1 * application->before[AT(m)][i]) + fabs((1 - beta1) * g);
        const double root = sqrt(v.v.f[i] / (double)v.control.f[4]) + v.epsilon.real;
        application->bounds[AT(m)][i] = 3 * EPS * magnitude;
        application->bounds[AT(v)][i] = 5 * EPS * v.v.f[i];
        application->bounds[AT(parameter)][i] =
            EPS * (2 * fabs(old) + 5 * fabs(rate * v.weight_decay.real * old)) +
            22 * EPS * rate * (magnitude / v.control.f[3]) / root;
    }
}

const struct conformance_operator conformance_adamw = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                       .fill = fill, .bound = bound};
