#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(sum_rows, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1,period=1", AS_INTEGER | AS_REAL},
    {"rows=3,width=5,period=7", AS_INTEGER | AS_REAL},
    {"rows=31,width=7,period=3", AS_INTEGER | AS_REAL},
    {"rows=2056,width=1,period=1", AS_INTEGER | AS_REAL},
    {"rows=70001,width=1,period=1", AS_INTEGER | AS_REAL},
    {"rows=2056,width=384,period=257", AS_INTEGER | AS_REAL},
    {"rows=4999,width=191,period=1", AS_INTEGER | AS_REAL},
    {"rows=4112,width=1536,period=1", AS_INTEGER | AS_REAL},
    {"rows=1,width=1000,period=1,rounding=1", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=1,width=1000,period=1,rounding=2", AS_INTEGER | AS_REAL | AS_HARD},
    {"rows=37,width=96,period=2,rounding=1", AS_REAL | AS_HARD},
    {"rows=37,width=95,period=2,rounding=2", AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"rows=1..4000,width=1..300,period=1..60", AS_INTEGER | AS_REAL},
    {"rows=1..400,width=1..300,period=1..6,rounding=1|2", AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_sum_rows v = values_sum_rows(application);
    shape[AT(y)] = SHAPE(v.period.n, v.width.n);
    shape[AT(x)] = SHAPE(v.rows.n, v.width.n);
}

static void fill(struct application *application, struct philox *random) {
    const struct values_sum_rows v = values_sum_rows(application);
    if (application->inputs == INPUTS_HARD)
        inputs_between(v.x.f, v.rows.n * v.width.n, (enum precision)v.rounding.n, 14, v.rows.n == 1, random);
}

static void bound(const struct application *application) {
    const struct values_sum_rows v = values_sum_rows(application);
    double *const out = application->bounds[AT(y)];
    for (size_t r = 0; r < v.rows.n; r++)
        for (size_t i = 0; i < v.width.n; i++)
            out[r % v.period.n * v.width.n + i] +=
                fabs((double)precision_round(v.x.f[r * v.width.n + i], v.rounding.n));
    for (size_t p = 0; p < v.period.n; p++) {
        const size_t terms = p < v.rows.n ? (v.rows.n - 1 - p) / v.period.n + 1 : 1;
        for (size_t i = 0; i < v.width.n; i++)
            out[p * v.width.n + i] *= gamma_of((double)terms - 1);
    }
}

const struct conformance_operator conformance_sum_rows = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                          .fill = fill, .bound = bound};
