#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(concatenate, argument)

static const struct sizes sizes[] = {
    {"outer=1,a_rows=1,b_rows=1,width=1", AS_INTEGER | AS_BITS},
    {"outer=3,a_rows=5,b_rows=2,width=7", AS_INTEGER | AS_BITS},
    {"outer=4,a_rows=1,b_rows=256,width=384", AS_INTEGER | AS_BITS},
    {"outer=2,a_rows=65,b_rows=1,width=191", AS_INTEGER | AS_BITS},
};

static const struct sizes patterns[] = {
    {"outer=1..9,a_rows=1..90,b_rows=1..90,width=1..400", AS_INTEGER | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_concatenate v = values_concatenate(application);
    shape[AT(y)] = SHAPE(v.outer.n, v.a_rows.n + v.b_rows.n, v.width.n);
    shape[AT(a)] = SHAPE(v.outer.n, v.a_rows.n, v.width.n);
    shape[AT(b)] = SHAPE(v.outer.n, v.b_rows.n, v.width.n);
}

const struct conformance_operator conformance_concatenate = {SIZES(sizes), PATTERNS(patterns),
                                                             .shapes = shapes};
