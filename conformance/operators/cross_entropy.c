#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(cross_entropy, argument)

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
    const struct values_cross_entropy v = values_cross_entropy(application);
    shape[AT(loss)] = shape[AT(lse)] = shape[AT(target)] = SHAPE(v.rows.n);
    shape[AT(logits)] = SHAPE(v.rows.n, v.classes.n);
}

/* A few targets are no class. */
static void fill(struct application *application, struct philox *random) {
    const struct values_cross_entropy v = values_cross_entropy(application);
    inputs_indices(v.target.u, v.rows.n, (uint32_t)v.classes.n + 1, random);
    if (v.rows.n > 0) {
        v.target.u[0] = 0;
        v.target.u[v.rows.n / 2] = v.rows.n > 1 ? UINT32_MAX : 0;
    }
    if (application->inputs == INPUTS_HARD)
        inputs_exponents(v.logits.f, v.rows.n, v.classes.n, random);
}

static void bound(const struct application *application) {
    const struct values_cross_entropy v = values_cross_entropy(application);
    const double n = (double)v.classes.n;
    for (size_t r = 0; r < v.rows.n; r++) {
        const uint32_t target = v.target.u[r];
        double largest = 0;
        for (size_t c = 0; c < v.classes.n; c++)
            largest = fmax(largest, fabs((double)v.logits.f[r * v.classes.n + c]));
        const double common = n + 8 * log(n) + 12;
        application->bounds[AT(lse)][r] = (common + 2 * largest) * EPS;
        if (target != v.ignore.n && target < v.classes.n)
            application->bounds[AT(loss)][r] = (common + 6 * largest) * EPS * fabs((double)v.factor.real);
    }
}

const struct conformance_operator conformance_cross_entropy = {
    SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .fill = fill, .bound = bound};
