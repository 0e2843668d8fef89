#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(clip_factor, argument)

enum { NORM, FACTOR, FINITE, CORRECTION1, CORRECTION2, OUTPUTS };
enum { SCALE, GOOD, APPLIED, SKIPPED, COUNTS };

#define BETAS ",beta1=0.9,beta2=0.999"

static const struct sizes sizes[] = {
    {"count=1,limit=0" BETAS, AS_REAL | AS_HARD},
    {"count=37,limit=1" BETAS, AS_REAL | AS_HARD},
    {"count=37,limit=1000" BETAS, AS_REAL},
    {"count=37,limit=1e-7" BETAS, AS_REAL},
    {"count=1021,limit=0.001" BETAS, AS_REAL | AS_HARD},
    {"count=7,limit=0,beta1=0,beta2=0.75", AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..3000,limit=0|0.001|1|1000,beta1=0.5|0.9,beta2=0.95|0.999", AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_clip_factor v = values_clip_factor(application);
    shape[AT(control)] = SHAPE(OUTPUTS);
    shape[AT(scaler)] = SHAPE(COUNTS);
    shape[AT(partial)] = SHAPE(v.count.n);
}

/* Scales up to 2^20, and as many steps. A norm of about 1e-6 where the limit is smaller. Hard: one part is
 * infinite, or NaN where there are more than 37. */
static void fill(struct application *application, struct philox *random) {
    const struct values_clip_factor v = values_clip_factor(application);
    const bool is_tiny = v.limit.real > 0 && v.limit.real < 1e-6F;
    if (application->inputs < INPUTS_WIDE)
        inputs_reals(v.partial.f, v.count.n, 0, is_tiny ? 1e-13F : 4, random);
    for (size_t i = 0; i < v.count.n; i++)
        v.partial.f[i] = fabsf(v.partial.f[i]);
    v.scaler.f[SCALE] = exp2f((float)philox_next_below(random, 21));
    v.scaler.f[APPLIED] = floorf(exp2f(philox_next_between(random, 0, 20))) - 1;
    if (application->inputs == INPUTS_HARD)
        v.partial.f[v.count.n / 2] = v.count.n > 37 ? NAN : INFINITY;
}

/* When the norm is not finite, it and the factor mean nothing. */
static void bound(const struct application *application) {
    const struct values_clip_factor v = values_clip_factor(application);
    const double half = (double)v.count.n / 2, squarings = floor(log2(v.scaler.f[APPLIED] + 1)) + 1;
    const bool finite = v.control.f[FINITE] != 0;
    double *const out = application->bounds[AT(control)];
    out[NORM] = finite ? (half + 5) * EPS * v.control.f[NORM] : INFINITY;
    out[FACTOR] = finite ? (half + 9) * EPS * v.control.f[FACTOR] : INFINITY;
    for (int i = CORRECTION1; i <= CORRECTION2; i++)
        out[i] = (5 * squarings + 1) * EPS * v.control.f[i];
}

const struct conformance_operator conformance_clip_factor = {SIZES(sizes), PATTERNS(patterns),
                                                             .shapes = shapes, .fill = fill, .bound = bound};
