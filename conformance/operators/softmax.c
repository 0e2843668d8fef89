#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(softmax, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1", AS_REAL},
    {"rows=37,width=7", AS_REAL | AS_HARD},
    {"rows=208,width=97", AS_REAL | AS_HARD},
    {"rows=5,width=1021", AS_REAL | AS_HARD},
    {"rows=70001,width=3", AS_REAL},
};

static const struct sizes patterns[] = {
    {"rows=1..500,width=1..1500", AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_softmax v = values_softmax(application);
    shape[AT(y)] = shape[AT(x)] = SHAPE(v.rows.n, v.width.n);
}

static void fill(struct application *application, struct philox *random) {
    const struct values_softmax v = values_softmax(application);
    if (application->inputs == INPUTS_HARD)
        inputs_exponents(v.x.f, v.rows.n, v.width.n, random);
}

static void bound(const struct application *application) {
    const struct values_softmax v = values_softmax(application);
    const double n = (double)v.width.n;
    for (size_t r = 0; r < v.rows.n; r++) {
        const float *const x = v.x.f + r * v.width.n;
        double largest = -INFINITY;
        for (size_t i = 0; i < v.width.n; i++)
            largest = fmax(largest, x[i]);
        for (size_t i = 0; i < v.width.n; i++)
            application->bounds[AT(y)][r * v.width.n + i] =
                (n + 3 * (largest - x[i]) + 3 * log(n) + 9) * EPS * v.y.f[r * v.width.n + i];
    }
}

const struct conformance_operator conformance_softmax = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                         .fill = fill, .bound = bound};
