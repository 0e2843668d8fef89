#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(layernorm_backward_affine, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1", AS_INTEGER | AS_REAL},
    {"rows=37,width=7", AS_INTEGER | AS_REAL},
    {"rows=33,width=384", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=4112,width=384", AS_INTEGER | AS_REAL},
    {"rows=1031,width=191", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=1,width=1000,rounding=1", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=1,width=1000,rounding=2", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=37,width=96,rounding=1", AS_REAL | AS_HARD},
    {"rows=37,width=95,rounding=2", AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"rows=1..3000,width=1..500,rounding=0|1|2", AS_INTEGER | AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_layernorm_backward_affine v = values_layernorm_backward_affine(application);
    shape[AT(dweight)] = shape[AT(dbias)] = SHAPE(v.width.n);
    shape[AT(dy)] = shape[AT(x)] = SHAPE(v.rows.n, v.width.n);
    shape[AT(mean)] = shape[AT(rstd)] = SHAPE(v.rows.n);
}

static void fill(struct application *application, struct philox *random) {
    const struct values_layernorm_backward_affine v = values_layernorm_backward_affine(application);
    for (size_t r = 0; r < v.rows.n; r++)
        v.rstd.f[r] = application->inputs == INPUTS_INTEGER ? exp2f((float)philox_next_below(random, 3) - 1)
                                                            : philox_next_between(random, 0.5F, 2);
    if (application->inputs != INPUTS_HARD)
        return;
    const enum precision rounding = (enum precision)v.rounding.n;
    if (rounding != PRECISION_F32)
        inputs_between(v.dy.f, v.rows.n * v.width.n, rounding, 4, false, random);
    for (size_t i = 0; i < v.rows.n * v.width.n; i++)
        v.x.f[i] = 1000 + 0.01F * v.x.f[i];
    for (size_t r = 0; r < v.rows.n; r++)
        v.mean.f[r] = 1000 + 0.01F * v.mean.f[r];
}

static void bound(const struct application *application) {
    const struct values_layernorm_backward_affine v = values_layernorm_backward_affine(application);
    const double gamma = gamma_of((double)v.rows.n + 3);
    for (size_t i = 0; i < v.width.n; i++) {
        double weight = 0, bias = 0;
        for (size_t r = 0; r < v.rows.n; r++) {
            const double dy = precision_round(v.dy.f[r * v.width.n + i], v.rounding.n);
            const double x = v.x.f[r * v.width.n + i];
            weight += fabs(dy * (x - v.mean.f[r]) * v.rstd.f[r]);
            bias += fabs(dy);
        }
        application->bounds[AT(dweight)][i] = gamma * weight;
        application->bounds[AT(dbias)][i] = gamma * bias;
    }
}

const struct conformance_operator conformance_layernorm_backward_affine = {
    SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .fill = fill, .bound = bound};
