#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(add_rows, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1,period=1,first=0", AS_INTEGER | AS_REAL},
    {"rows=11,width=7,period=3,first=2", AS_INTEGER | AS_REAL},
    {"rows=1028,width=384,period=257,first=0", AS_INTEGER | AS_REAL},
    {"rows=512,width=191,period=256,first=1", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"rows=1..700,width=1..500,period=1..300,first=0..4", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_add_rows v = values_add_rows(application);
    shape[AT(y)] = shape[AT(x)] = SHAPE(v.rows.n, v.width.n);
    shape[AT(table)] = SHAPE(v.first.n + v.period.n, v.width.n);
}

static void bound(const struct application *application) {
    const struct values_add_rows v = values_add_rows(application);
    for (size_t i = 0; i < v.rows.n * v.width.n; i++)
        application->bounds[AT(y)][i] = EPS * fabs((double)v.y.f[i]);
}

const struct conformance_operator conformance_add_rows = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                          .bound = bound};
