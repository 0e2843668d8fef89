#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(cross_entropy_backward, argument)

static const struct sizes sizes[] = {
    {"rows=1,classes=1,ignore=4294967295,factor=1", AS_REAL},
    {"rows=37,classes=7,ignore=3,factor=0.5", AS_REAL | AS_HARD},
    {"rows=208,classes=97,ignore=96,factor=0.005", AS_REAL | AS_HARD},
    {"rows=5,classes=6623,ignore=4294967295,factor=1", AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"rows=1..300,classes=1..700,ignore=0..700|4294967295,factor=1|0.5|0.005", AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_cross_entropy_backward v = values_cross_entropy_backward(application);
    shape[AT(dloss)] = shape[AT(lse)] = shape[AT(target)] = SHAPE(v.rows.n);
    shape[AT(dlogits)] = shape[AT(logits)] = SHAPE(v.rows.n, v.classes.n);
}

/* A few targets are no class; lse is what cross_entropy gives. */
static void fill(struct application *application, struct philox *random) {
    const struct values_cross_entropy_backward v = values_cross_entropy_backward(application);
    inputs_indices(v.target.u, v.rows.n, (uint32_t)v.classes.n + 1, random);
    if (v.rows.n > 0) {
        v.target.u[0] = 0;
        v.target.u[v.rows.n / 2] = v.rows.n > 1 ? UINT32_MAX : 0;
    }
    if (application->inputs == INPUTS_HARD)
        inputs_reals(v.logits.f, v.rows.n * v.classes.n, -150, 150, random);
    for (size_t r = 0; r < v.rows.n; r++) {
        const float *const row = v.logits.f + r * v.classes.n;
        double largest = -INFINITY, sum = 0;
        for (size_t c = 0; c < v.classes.n; c++)
            largest = fmax(largest, row[c]);
        for (size_t c = 0; c < v.classes.n; c++)
            sum += exp(row[c] - largest);
        v.lse.f[r] = (float)(largest + log(sum));
    }
}

static void bound(const struct application *application) {
    const struct values_cross_entropy_backward v = values_cross_entropy_backward(application);
    for (size_t i = 0; i < v.rows.n * v.classes.n; i++) {
        const size_t r = i / v.classes.n;
        const uint32_t target = v.target.u[r];
        if (target == v.ignore.n || target >= v.classes.n)
            continue;
        const double x = (double)v.logits.f[i] - v.lse.f[r];
        const double one = i % v.classes.n == target;
        application->bounds[AT(dlogits)][i] =
            (exp(x) * (6 + 3 * fabs(x)) + 3 * one) * EPS * fabs((double)v.factor.real * v.dloss.f[r]);
    }
}

const struct conformance_operator conformance_cross_entropy_backward = {
    SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .fill = fill, .bound = bound};
