#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(slice_backward, argument)

static const struct sizes sizes[] = {
    {"outer=1,rows=1,first=0,count=1,width=1", AS_INTEGER | AS_BITS},
    {"outer=3,rows=11,first=4,count=5,width=7", AS_INTEGER | AS_BITS},
    {"outer=4,rows=257,first=1,count=256,width=384", AS_INTEGER | AS_BITS},
    {"outer=5,rows=257,first=0,count=1,width=191", AS_INTEGER | AS_BITS},
};

static const struct sizes patterns[] = {
    {"outer=1..9,first=0..50,count=1..90,rows=first+count+0..50,width=1..400", AS_INTEGER | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_slice_backward v = values_slice_backward(application);
    shape[AT(dx)] = SHAPE(v.outer.n, v.rows.n, v.width.n);
    shape[AT(dy)] = SHAPE(v.outer.n, v.count.n, v.width.n);
}

const struct conformance_operator conformance_slice_backward = {SIZES(sizes), PATTERNS(patterns),
                                                                .shapes = shapes};
