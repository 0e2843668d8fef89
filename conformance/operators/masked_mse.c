#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(masked_mse, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1,factor=1,removed=none", AS_INTEGER | AS_REAL},
    {"rows=37,width=7,factor=0.5", AS_INTEGER | AS_REAL},
    {"rows=1024,width=48,factor=0.25", AS_INTEGER | AS_REAL},
    {"rows=514,width=384,factor=1e-4", AS_REAL | AS_HARD},
    {"rows=3,width=1531,factor=2,removed=none", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"rows=1..700,width=1..700,factor=1|0.5|0.25,removed=none|", AS_INTEGER | AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_masked_mse v = values_masked_mse(application);
    shape[AT(loss)] = shape[AT(removed)] = SHAPE(v.rows.n);
    shape[AT(prediction)] = shape[AT(target)] = SHAPE(v.rows.n, v.width.n);
}

/* Hard: both lie far from 0 and near each other. */
static void fill(struct application *application, struct philox *random) {
    const struct values_masked_mse v = values_masked_mse(application);
    if (v.removed.u != NULL)
        inputs_indices(v.removed.u, v.rows.n, 3, random);
    if (application->inputs == INPUTS_HARD)
        for (size_t i = 0; i < v.rows.n * v.width.n; i++) {
            v.prediction.f[i] = 1000 + 0.01F * v.prediction.f[i];
            v.target.f[i] = 1000 + 0.01F * v.target.f[i];
        }
}

static void bound(const struct application *application) {
    const struct values_masked_mse v = values_masked_mse(application);
    for (size_t r = 0; r < v.rows.n; r++)
        application->bounds[AT(loss)][r] = gamma_of((double)v.width.n + 4) * fabs((double)v.loss.f[r]);
}

const struct conformance_operator conformance_masked_mse = {SIZES(sizes), PATTERNS(patterns),
                                                            .shapes = shapes, .fill = fill, .bound = bound};
