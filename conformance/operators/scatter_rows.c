#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(scatter_rows, argument)

static const struct sizes sizes[] = {
    {"batch=1,rows=1,count=1,width=1", AS_INTEGER | AS_BITS},
    {"batch=3,rows=11,count=5,width=7", AS_INTEGER | AS_BITS},
    {"batch=32,rows=25,count=1,width=512", AS_INTEGER | AS_BITS},
    {"batch=2,rows=66,count=67,width=191", AS_INTEGER | AS_BITS},
};

static const struct sizes patterns[] = {
    {"batch=1..9,rows=1..300,count=1..300,width=1..200", AS_INTEGER | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_scatter_rows v = values_scatter_rows(application);
    shape[AT(y)] = SHAPE(v.batch.n, v.rows.n, v.width.n);
    shape[AT(x)] = SHAPE(v.batch.n, v.count.n, v.width.n);
    shape[AT(index)] = SHAPE(v.batch.n, v.count.n);
}

/* Backwards from a row of its own for each item, around the end; every fifth index lies just past the end,
 * the last one of several items as far as it can, and so do those for which there are no rows left. */
static void fill(struct application *application, struct philox *random) {
    const struct values_scatter_rows v = values_scatter_rows(application);
    for (size_t b = 0; b < v.batch.n; b++) {
        const size_t start = v.rows.n > 0 ? philox_next_below(random, (uint32_t)v.rows.n) : 0;
        for (size_t i = 0; i < v.count.n; i++) {
            const bool out = i % 5 == 4 || i >= v.rows.n;
            v.index.u[b * v.count.n + i] =
                out ? (uint32_t)v.rows.n : (uint32_t)((start + v.rows.n - i) % v.rows.n);
        }
    }
    if (v.batch.n * v.count.n > 1)
        v.index.u[v.batch.n * v.count.n - 1] = UINT32_MAX;
}

const struct conformance_operator conformance_scatter_rows = {SIZES(sizes), PATTERNS(patterns),
                                                              .shapes = shapes, .fill = fill};
