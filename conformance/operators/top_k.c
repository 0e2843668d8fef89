#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(top_k, argument)

/* Integers make ties; any bits make NaN and infinities. */
static const struct sizes sizes[] = {
    {"rows=1,width=1,count=1", AS_INTEGER | AS_REAL | AS_BITS},
    {"rows=37,width=7,count=7", AS_INTEGER | AS_REAL | AS_BITS},
    {"rows=32,width=97,count=1", AS_INTEGER | AS_REAL | AS_BITS},
    {"rows=13,width=97,count=7", AS_INTEGER | AS_REAL | AS_BITS},
    {"rows=3,width=7937,count=5", AS_INTEGER | AS_REAL | AS_BITS},
};

static const struct sizes patterns[] = {
    {"rows=1..200,count=1..20,width=count+0..600", AS_INTEGER | AS_REAL | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_top_k v = values_top_k(application);
    shape[AT(value)] = shape[AT(index)] = SHAPE(v.rows.n, v.count.n);
    shape[AT(x)] = SHAPE(v.rows.n, v.width.n);
}

/* NaN of either sign, infinities and zeros of either sign at the end of the first row. */
static void fill(struct application *application, struct philox *random) {
    static const uint32_t special[] = {0x7FC00000, 0xFFC00000, 0x7F800000,
                                       0xFF800000, 0x80000000, 0x00000000};
    const struct values_top_k v = values_top_k(application);
    (void)random;
    if (application->inputs != INPUTS_BITS || v.rows.n == 0)
        return;
    for (size_t i = 0; i < sizeof special / sizeof special[0] && i < v.width.n; i++)
        memcpy(&v.x.u[v.width.n - 1 - i], &special[i], sizeof special[i]);
}

const struct conformance_operator conformance_top_k = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                       .fill = fill};
