#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(gather_rows_backward, argument)

static const struct sizes sizes[] = {
    {"batch=1,rows=1,count=1,width=1", AS_INTEGER | AS_REAL},
    {"batch=3,rows=5,count=11,width=7", AS_INTEGER | AS_REAL},
    {"batch=3,rows=2,count=1031,width=37", AS_INTEGER | AS_REAL},
    {"batch=2,rows=257,count=65,width=384", AS_INTEGER | AS_REAL},
    {"batch=2,rows=66,count=257,width=191", AS_INTEGER | AS_REAL},
    {"batch=1,rows=97,count=208,width=384", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"batch=1..4,rows=1..150,count=1..500,width=1..100", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_gather_rows_backward v = values_gather_rows_backward(application);
    shape[AT(dx)] = SHAPE(v.batch.n, v.rows.n, v.width.n);
    shape[AT(dy)] = SHAPE(v.batch.n, v.count.n, v.width.n);
    shape[AT(index)] = SHAPE(v.batch.n, v.count.n);
}

/* A few of them lie just past the end, and the last one as far as it can. */
static void fill(struct application *application, struct philox *random) {
    const struct values_gather_rows_backward v = values_gather_rows_backward(application);
    const size_t count = v.batch.n * v.count.n;
    inputs_indices(v.index.u, count, (uint32_t)v.rows.n + 1, random);
    if (count > 0)
        v.index.u[0] = 0;
    if (count > 1)
        v.index.u[count - 1] = UINT32_MAX;
}

static void bound(const struct application *application) {
    const struct values_gather_rows_backward v = values_gather_rows_backward(application);
    for (size_t row = 0; row < v.batch.n * v.rows.n; row++)
        for (size_t d = 0; d < v.width.n; d++) {
            const size_t b = row / v.rows.n;
            double condition = 0, picks = 0;
            for (size_t item = b * v.count.n; item < (b + 1) * v.count.n; item++) {
                if (v.index.u[item] != row % v.rows.n)
                    continue;
                condition += fabs((double)v.dy.f[item * v.width.n + d]);
                picks++;
            }
            application->bounds[AT(dx)][row * v.width.n + d] =
                picks > 1 ? gamma_of(picks - 1) * condition : 0;
        }
}

const struct conformance_operator conformance_gather_rows_backward = {
    SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .fill = fill, .bound = bound};
