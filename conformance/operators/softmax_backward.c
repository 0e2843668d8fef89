#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(softmax_backward, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1", AS_INTEGER | AS_REAL},
    {"rows=37,width=7", AS_INTEGER | AS_REAL},
    {"rows=208,width=97", AS_INTEGER | AS_REAL},
    {"rows=5,width=1021", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"rows=1..500,width=1..1500", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_softmax_backward v = values_softmax_backward(application);
    shape[AT(dx)] = shape[AT(dy)] = shape[AT(y)] = SHAPE(v.rows.n, v.width.n);
}

static void bound(const struct application *application) {
    const struct values_softmax_backward v = values_softmax_backward(application);
    for (size_t r = 0; r < v.rows.n; r++) {
        const float *const dy = v.dy.f + r * v.width.n, *const y = v.y.f + r * v.width.n;
        double sum = 0;
        for (size_t i = 0; i < v.width.n; i++)
            sum += fabs((double)dy[i] * y[i]);
        for (size_t i = 0; i < v.width.n; i++)
            application->bounds[AT(dx)][r * v.width.n + i] =
                gamma_of((double)v.width.n + 2) * fabs((double)y[i]) * (fabs((double)dy[i]) + sum);
    }
}

const struct conformance_operator conformance_softmax_backward = {SIZES(sizes), PATTERNS(patterns),
                                                                  .shapes = shapes, .bound = bound};
