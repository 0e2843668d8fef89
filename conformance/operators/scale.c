#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(scale, argument)

/* The last one has more workgroups than one dimension allows. */
static const struct sizes sizes[] = {
    {"count=1,factor=2", AS_INTEGER | AS_REAL},
    {"count=255,factor=-0.5", AS_INTEGER | AS_REAL},
    {"count=98688,factor=0.3", AS_REAL},
    {"count=100003,factor=-3", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..200000,factor=2|-0.5|-3", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_scale v = values_scale(application);
    shape[AT(y)] = shape[AT(x)] = SHAPE(v.count.n);
}

static void bound(const struct application *application) {
    const struct values_scale v = values_scale(application);
    for (size_t i = 0; i < v.count.n; i++)
        application->bounds[AT(y)][i] = EPS * fabs((double)v.y.f[i]);
}

const struct conformance_operator conformance_scale = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                       .bound = bound};
