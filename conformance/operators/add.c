#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(add, argument)

static const struct sizes sizes[] = {
    {"count=1", AS_INTEGER | AS_REAL},      {"count=255", AS_INTEGER | AS_REAL},
    {"count=257", AS_INTEGER | AS_REAL},    {"count=98688", AS_INTEGER | AS_REAL},
    {"count=100003", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..200000", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_add v = values_add(application);
    shape[AT(y)] = shape[AT(a)] = shape[AT(b)] = SHAPE(v.count.n);
}

static void bound(const struct application *application) {
    const struct values_add v = values_add(application);
    for (size_t i = 0; i < v.count.n; i++)
        application->bounds[AT(y)][i] = EPS * fabs((double)v.y.f[i]);
}

const struct conformance_operator conformance_add = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                     .bound = bound};
