#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(layernorm_backward, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1", AS_INTEGER | AS_REAL},
    {"rows=3,width=2,correction=1", AS_INTEGER | AS_REAL},
    {"rows=37,width=7,addend=none", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=5,width=48,correction=1,weight=none,addend=none", AS_INTEGER | AS_REAL},
    {"rows=37,width=384", AS_INTEGER | AS_REAL},
    {"rows=514,width=384,addend=none", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=3,width=1531,weight=none", AS_INTEGER | AS_REAL},
    {"rows=37,width=384,rounding=1", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=37,width=384,rounding=2,addend=none", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=5,width=7,rounding=1,weight=none,addend=none", AS_REAL | AS_HARD},
    {"rows=5,width=7,rounding=2,weight=none,addend=none", AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"rows=1..300,width=2..1600,correction=0|1,rounding=0|1|2,weight=none|,addend=none|",
     AS_INTEGER | AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_layernorm_backward v = values_layernorm_backward(application);
    shape[AT(dx)] = shape[AT(dy)] = shape[AT(x)] = shape[AT(addend)] = SHAPE(v.rows.n, v.width.n);
    shape[AT(mean)] = shape[AT(rstd)] = SHAPE(v.rows.n);
    shape[AT(weight)] = SHAPE(v.width.n);
}

/* A quotient need not be exact even where it could be, but 0 / width is: so both sums are made to be 0. Four
 * columns each have g = (a, -a, -a, a) and xh = (p, p, q, q); what is left over has g = 0. */
static void fill_integers(const struct values_layernorm_backward *v, struct philox *random) {
    const size_t width = v->width.n;
    for (size_t i = 0; v->weight.f != NULL && i < width; i++)
        v->weight.f[i] = philox_next_below(random, 2) ? 1 : -1;
    for (size_t r = 0; r < v->rows.n; r++) {
        v->rstd.f[r] = exp2f((float)philox_next_below(random, 5) - 2);
        float a = 0, p = 0;
        for (size_t i = 0; i < width; i++) {
            if (i % 4 == 0)
                a = i + 4 <= width ? (float)philox_next_below(random, 7) - 3 : 0;
            if (i % 2 == 0)
                p = (float)philox_next_below(random, 7) - 3;
            const float g = i % 4 == 0 || i % 4 == 3 ? a : -a;
            v->dy.f[r * width + i] = v->weight.f != NULL ? g * v->weight.f[i] : g;
            v->x.f[r * width + i] = v->mean.f[r] + p / v->rstd.f[r];
        }
    }
}

static void fill(struct application *application, struct philox *random) {
    const struct values_layernorm_backward v = values_layernorm_backward(application);
    if (application->inputs == INPUTS_INTEGER) {
        fill_integers(&v, random);
        return;
    }
    const float spread = application->inputs == INPUTS_HARD ? 0.01F : 1;
    const float centre = application->inputs == INPUTS_HARD ? 1000 : 0;
    const enum precision rounding = (enum precision)v.rounding.n;
    if (application->inputs == INPUTS_HARD && rounding != PRECISION_F32)
        inputs_between(v.dy.f, v.rows.n * v.width.n, rounding, 4, false, random);
    inputs_normals(v.x.f, v.rows.n * v.width.n, random);
    for (size_t i = 0; i < v.rows.n * v.width.n; i++)
        v.x.f[i] = centre + spread * v.x.f[i];
    for (size_t r = 0; r < v.rows.n; r++) {
        v.mean.f[r] = centre + spread * philox_next_between(random, -0.1F, 0.1F);
        v.rstd.f[r] = philox_next_between(random, 0.5F, 2) / spread;
    }
}

static void bound(const struct application *application) {
    const struct values_layernorm_backward v = values_layernorm_backward(application);
    const size_t width = v.width.n;
    const double divisor = width > v.correction.n ? (double)(width - v.correction.n) : 1;
    for (size_t r = 0; r < v.rows.n; r++) {
        const double mean = v.mean.f[r], rstd = v.rstd.f[r];
        double sum = 0, product = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t i = 0; i < width; i++) {
                const double weight = v.weight.f != NULL ? v.weight.f[i] : 1;
                const double g = fabs(precision_round(v.dy.f[r * width + i], v.rounding.n) * weight);
                const double xh = fabs((v.x.f[r * width + i] - mean) * rstd);
                if (pass == 0) {
                    sum += g;
                    product += g * xh;
                } else {
                    const double other = v.addend.f != NULL ? fabs((double)v.addend.f[r * width + i]) : 0;
                    application->bounds[AT(dx)][r * width + i] =
                        gamma_of((double)width + 13) * rstd *
                            (g + sum / (double)width + xh * product / divisor) +
                        EPS * other;
                }
            }
    }
}

const struct conformance_operator conformance_layernorm_backward = {
    SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .fill = fill, .bound = bound};
