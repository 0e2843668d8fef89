#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(accumulate, argument)

static const struct sizes sizes[] = {
    {"count=1,factor=1", AS_INTEGER | AS_REAL}, {"count=3,factor=0.5", AS_INTEGER | AS_REAL},
    {"count=256,factor=0.25", AS_INTEGER},      {"count=1009,factor=0.25", AS_INTEGER | AS_REAL},
    {"count=147456,factor=0.1", AS_REAL},       {"count=196610,factor=0.2", AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..200000,factor=1|0.5|0.125", AS_INTEGER},
    {"count=1..200000,factor=1|0.3|0.01", AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_accumulate v = values_accumulate(application);
    shape[AT(sum)] = shape[AT(x)] = SHAPE(v.count.n);
    shape[AT(part)] = SHAPE(1);
}

/* The first part where three divides the count, else one of the next two. */
static void fill(struct application *application, struct philox *random) {
    (void)random;
    const struct values_accumulate v = values_accumulate(application);
    v.part.u[0] = (uint32_t)(v.count.n % 3);
}

static void bound(const struct application *application) {
    const struct values_accumulate v = values_accumulate(application);
    const float *const before = application->before[AT(sum)];
    for (size_t i = 0; i < v.count.n; i++)
        application->bounds[AT(sum)][i] =
            2 * EPS *
            ((v.part.u[0] == 0 ? 0 : fabs((double)before[i])) + fabs((double)v.factor.real * v.x.f[i]));
}

const struct conformance_operator conformance_accumulate = {SIZES(sizes), PATTERNS(patterns),
                                                            .shapes = shapes, .fill = fill, .bound = bound};
