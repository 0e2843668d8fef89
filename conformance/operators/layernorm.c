#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(layernorm, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1,eps=1e-6", AS_REAL},
    {"rows=3,width=2,correction=1,eps=1e-6", AS_REAL},
    {"rows=37,width=7,eps=1e-6,bias=none", AS_REAL | AS_HARD},
    {"rows=5,width=48,correction=1,eps=1e-6,weight=none,bias=none", AS_REAL | AS_HARD},
    {"rows=514,width=384,eps=1e-6", AS_REAL | AS_HARD},
    {"rows=3,width=1531,eps=1e-5,weight=none", AS_REAL | AS_HARD},
    {"rows=70001,width=3,eps=1e-6", AS_REAL},
    {"rows=7,width=20,eps=1e-6", AS_WIDE | AS_HALF | AS_DENORMAL}, /* y in 16 bits meets its limits */
};

static const struct sizes patterns[] = {
    {"rows=1..300,width=2..1600,correction=0|1,eps=1e-6|1e-5,weight=none|,bias=none|", AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_layernorm v = values_layernorm(application);
    shape[AT(y)] = shape[AT(x)] = SHAPE(v.rows.n, v.width.n);
    shape[AT(mean)] = shape[AT(rstd)] = SHAPE(v.rows.n);
    shape[AT(weight)] = shape[AT(bias)] = SHAPE(v.width.n);
}

/* Hard: a large mean, about which the numbers vary a hundred-thousandth as much; and one constant row. */
static void fill(struct application *application, struct philox *random) {
    const struct values_layernorm v = values_layernorm(application);
    if (application->inputs != INPUTS_HARD)
        return;
    inputs_normals(v.x.f, v.rows.n * v.width.n, random);
    for (size_t i = 0; i < v.rows.n * v.width.n; i++)
        v.x.f[i] = i < v.width.n ? 0.1F : 1000 + 0.01F * v.x.f[i];
}

/* What one row needs. Named as in spec/operators.md, layernorm. */
struct row {
    double mean, rstd, d, b, rstd_error;
};

static struct row measure(const float *x, size_t n, size_t correction, double eps) {
    struct row row = {0};
    double magnitude = 0, differences = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        row.mean += x[i] / (double)n;
        magnitude += fabs((double)x[i]) / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        differences += fabs(x[i] - row.mean) / (double)n;
        squares += (x[i] - row.mean) * (x[i] - row.mean);
    }
    const double width = (double)n, divisor = n > correction ? (double)(n - correction) : 1;
    row.rstd = 1 / sqrt(squares / divisor + eps);
    row.d = (width + 4) * EPS * magnitude;
    row.b = differences + row.d;
    const double square_error =
        EPS * ((width + 3) * (squares + width * row.d * row.d) + (2 * width + 4) * width * row.d * row.b);
    const double q = square_error / divisor * row.rstd * row.rstd;
    row.rstd_error = q < 1 ? 1 / sqrt(1 - q) - 1 + 4 * EPS : INFINITY;
    return row;
}

static void bound(const struct application *application) {
    const struct values_layernorm v = values_layernorm(application);
    const size_t n = v.width.n;
    for (size_t r = 0; r < v.rows.n; r++) {
        const struct row row = measure(v.x.f + r * n, n, v.correction.n, v.eps.real);
        const double shared = ((double)n + 3) * row.b + row.d;
        application->bounds[AT(mean)][r] = EPS * (((double)n + 4) * row.b + fabs(row.mean));
        application->bounds[AT(rstd)][r] = row.rstd_error * row.rstd;
        for (size_t i = 0; i < n; i++) {
            const double weight = v.weight.f != NULL ? fabs((double)v.weight.f[i]) : 1;
            const double difference = fabs(v.x.f[r * n + i] - row.mean);
            const double scaled = weight * difference * row.rstd;
            application->bounds[AT(y)][r * n + i] = EPS * weight * row.rstd * (shared + 2 * difference) +
                                                    scaled * (row.rstd_error + 2 * EPS) +
                                                    EPS * fabs((double)v.y.f[r * n + i]);
        }
    }
}

const struct conformance_operator conformance_layernorm = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                           .fill = fill, .bound = bound};
