#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(ema, argument)

static const struct sizes sizes[] = {
    {"count=1,momentum=0.5", AS_INTEGER | AS_REAL},
    {"count=257,momentum=0.75", AS_INTEGER | AS_REAL | AS_HARD},
    {"count=257,momentum=0.75,control=none", AS_INTEGER | AS_REAL},
    {"count=1009,momentum=1", AS_INTEGER},
    {"count=147456,momentum=0.999", AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..200000,momentum=0.5|0.75|1", AS_INTEGER},
    {"count=1..200000,momentum=0.9|0.996|0.9999", AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_ema v = values_ema(application);
    shape[AT(average)] = shape[AT(source)] = SHAPE(v.count.n);
    shape[AT(control)] = SHAPE(5);
}

/* Hard: the step was left out. */
static void fill(struct application *application, struct philox *random) {
    const struct values_ema v = values_ema(application);
    (void)random;
    if (v.control.f != NULL)
        v.control.f[2] = application->inputs == INPUTS_HARD ? 0 : 1;
}

static void bound(const struct application *application) {
    const struct values_ema v = values_ema(application);
    const float *const before = application->before[AT(average)];
    const double momentum = v.momentum.real;
    for (size_t i = 0; i < v.count.n; i++)
        application->bounds[AT(average)][i] =
            2 * EPS * (fabs(momentum * before[i]) + fabs((1 - momentum) * v.source.f[i]));
}

const struct conformance_operator conformance_ema = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                     .fill = fill, .bound = bound};
