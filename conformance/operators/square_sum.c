#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(square_sum, argument)

static const struct sizes sizes[] = {
    {"count=1,parts=1", AS_INTEGER | AS_REAL},       {"count=1003,parts=7", AS_INTEGER | AS_REAL},
    {"count=10,parts=8", AS_INTEGER | AS_REAL},      {"count=147456,parts=9", AS_INTEGER | AS_REAL},
    {"count=590003,parts=37", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..200000,parts=1..40", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_square_sum v = values_square_sum(application);
    shape[AT(partial)] = SHAPE(v.parts.n);
    shape[AT(x)] = SHAPE(v.count.n);
}

static void bound(const struct application *application) {
    const struct values_square_sum v = values_square_sum(application);
    const double length = (double)((v.count.n + v.parts.n - 1) / v.parts.n);
    for (size_t i = 0; i < v.parts.n; i++)
        application->bounds[AT(partial)][i] = gamma_of(length) * fabs((double)v.partial.f[i]);
}

const struct conformance_operator conformance_square_sum = {SIZES(sizes), PATTERNS(patterns),
                                                            .shapes = shapes, .bound = bound};
