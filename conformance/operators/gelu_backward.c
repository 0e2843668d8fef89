#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(gelu_backward, argument)

static const struct sizes sizes[] = {
    {"count=1", AS_REAL},
    {"count=1021", AS_REAL | AS_HARD},
    {"count=394752", AS_REAL},
    {"count=1000003", AS_HARD},
    {"count=1000,rounding=1", AS_REAL | AS_HARD},
    {"count=1021,rounding=2", AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"count=1..200000,rounding=0|1|2", AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_gelu_backward v = values_gelu_backward(application);
    shape[AT(dx)] = shape[AT(dy)] = shape[AT(x)] = SHAPE(v.count.n);
}

/* Every magnitude from tiny to huge, through all ranges of erf. */
static void fill(struct application *application, struct philox *random) {
    const struct values_gelu_backward v = values_gelu_backward(application);
    if (application->inputs == INPUTS_HARD && v.rounding.n != PRECISION_F32)
        inputs_between(v.x.f, v.count.n, (enum precision)v.rounding.n, 3, false, random);
    else if (application->inputs == INPUTS_HARD)
        inputs_wide(v.x.f, v.count.n, 10, random);
    else if (application->inputs == INPUTS_REAL)
        inputs_reals(v.x.f, v.count.n, -7, 7, random);
}

static void bound(const struct application *application) {
    const struct values_gelu_backward v = values_gelu_backward(application);
    for (size_t i = 0; i < v.count.n; i++)
        application->bounds[AT(dx)][i] = 8 * EPS * fabs((double)v.dy.f[i]);
}

const struct conformance_operator conformance_gelu_backward = {
    SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .fill = fill, .bound = bound};
