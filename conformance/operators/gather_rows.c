#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(gather_rows, argument)

static const struct sizes sizes[] = {
    {"batch=1,rows=1,count=1,width=1", AS_INTEGER | AS_BITS},
    {"batch=3,rows=5,count=11,width=7", AS_INTEGER | AS_BITS},
    {"batch=4,rows=257,count=65,width=384", AS_INTEGER | AS_BITS},
    {"batch=2,rows=66,count=257,width=191", AS_INTEGER | AS_BITS},
    {"batch=1,rows=97,count=208,width=384", AS_INTEGER | AS_BITS},
};

static const struct sizes patterns[] = {
    {"batch=1..9,rows=1..300,count=1..300,width=1..200", AS_INTEGER | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_gather_rows v = values_gather_rows(application);
    shape[AT(y)] = SHAPE(v.batch.n, v.count.n, v.width.n);
    shape[AT(x)] = SHAPE(v.batch.n, v.rows.n, v.width.n);
    shape[AT(index)] = SHAPE(v.batch.n, v.count.n);
}

/* A few of them lie just past the end, and the last one as far as it can. */
static void fill(struct application *application, struct philox *random) {
    const struct values_gather_rows v = values_gather_rows(application);
    const size_t count = v.batch.n * v.count.n;
    inputs_indices(v.index.u, count, (uint32_t)v.rows.n + 1, random);
    if (count > 0)
        v.index.u[0] = 0;
    if (count > 1)
        v.index.u[count - 1] = UINT32_MAX;
}

const struct conformance_operator conformance_gather_rows = {SIZES(sizes), PATTERNS(patterns),
                                                             .shapes = shapes, .fill = fill};
