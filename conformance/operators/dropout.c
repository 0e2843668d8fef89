#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(dropout, argument)

/* Division is exact only by 1, so that integers come without a rate. */
static const struct sizes sizes[] = {
    {"count=1,stream=0,rate=0", AS_INTEGER},        {"count=1003,stream=5,rate=0", AS_INTEGER},
    {"count=1,stream=0,rate=0.5", AS_REAL},         {"count=1021,stream=3,rate=0.1", AS_REAL},
    {"count=98688,stream=65535,rate=0.1", AS_REAL}, {"count=5003,stream=1,rate=0.999", AS_REAL},
};

static const struct sizes patterns[] = {
    {"count=1..100000,stream=0..65535,rate=0.1|0.5|0.9", AS_REAL},
    {"count=1..100000,stream=0..65535,rate=0", AS_INTEGER},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_dropout v = values_dropout(application);
    shape[AT(y)] = shape[AT(x)] = SHAPE(v.count.n);
    shape[AT(random)] = SHAPE(3);
}

/* Far from 0, so that a dropped element is told from a kept one. */
static void fill(struct application *application, struct philox *random) {
    const struct values_dropout v = values_dropout(application);
    if (application->inputs == INPUTS_REAL)
        inputs_wide(v.x.f, v.count.n, 2, random);
}

/* Dropped elements have the bound 0. */
static void bound(const struct application *application) {
    const struct values_dropout v = values_dropout(application);
    for (size_t i = 0; i < v.count.n; i++)
        application->bounds[AT(y)][i] = 5 * EPS * fabs((double)v.y.f[i]);
}

const struct conformance_operator conformance_dropout = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                         .fill = fill, .bound = bound};
