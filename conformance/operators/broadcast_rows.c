#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(broadcast_rows, argument)

static const struct sizes sizes[] = {
    {"rows=1,width=1,period=1", AS_INTEGER | AS_BITS},
    {"rows=7,width=13,period=3", AS_INTEGER | AS_BITS},
    {"rows=3,width=13,period=7", AS_INTEGER | AS_BITS},
    {"rows=514,width=384,period=257", AS_INTEGER | AS_BITS},
    {"rows=513,width=1,period=1", AS_INTEGER | AS_BITS},
};

static const struct sizes patterns[] = {
    {"rows=1..700,width=1..500,period=1..300", AS_INTEGER | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_broadcast_rows v = values_broadcast_rows(application);
    shape[AT(y)] = SHAPE(v.rows.n, v.width.n);
    shape[AT(table)] = SHAPE(v.period.n, v.width.n);
}

const struct conformance_operator conformance_broadcast_rows = {SIZES(sizes), PATTERNS(patterns),
                                                                .shapes = shapes};
