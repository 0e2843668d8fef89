#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(square_sum, argument)

static const struct sizes sizes[] = {
    {"count=1,first=0,parts=1", AS_INTEGER | AS_REAL},
    {"count=1003,first=5,parts=7", AS_INTEGER | AS_REAL},
    {"count=10,first=2,parts=8", AS_INTEGER | AS_REAL},
    {"count=147456,first=3,parts=9", AS_INTEGER | AS_REAL},
    {"count=590003,first=0,parts=37", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..200000,first=0..9,parts=1..40", AS_INTEGER | AS_REAL},
};

/* Three elements after the last part are somebody else's. */
static void shapes(struct shape *shape, const struct application *application) {
    const struct values_square_sum v = values_square_sum(application);
    shape[AT(partial)] = SHAPE(v.first.n + v.parts.n + 3);
    shape[AT(x)] = SHAPE(v.count.n);
}

static void bound(const struct application *application) {
    const struct values_square_sum v = values_square_sum(application);
    const double length = (double)((v.count.n + v.parts.n - 1) / v.parts.n);
    for (size_t i = v.first.n; i < v.first.n + v.parts.n; i++)
        application->bounds[AT(partial)][i] = gamma_of(length) * fabs((double)v.partial.f[i]);
}

const struct conformance_operator conformance_square_sum = {SIZES(sizes), PATTERNS(patterns),
                                                            .shapes = shapes, .bound = bound};
