#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(patchify, argument)

static const struct sizes sizes[] = {
    {"batch=1,channels=1,height=1,width=1,patch_height=1,patch_width=1", AS_INTEGER | AS_BITS},
    {"batch=2,channels=3,height=6,width=20,patch_height=2,patch_width=5", AS_INTEGER | AS_BITS},
    {"batch=2,channels=3,height=6,width=20,patch_height=3,patch_width=4,channel_last=1",
     AS_INTEGER | AS_BITS},
    {"batch=4,channels=3,height=32,width=128,patch_height=4,patch_width=4", AS_INTEGER | AS_BITS},
    {"batch=4,channels=3,height=32,width=128,patch_height=4,patch_width=4,channel_last=1",
     AS_INTEGER | AS_BITS},
};

static const struct sizes patterns[] = {
    {"batch=1..3,channels=1..4,patch_height=1..7,patch_width=1..7,height=patch_height*1..9,width=patch_width*"
     "1..9,channel_last=0|1",
     AS_INTEGER | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_patchify v = values_patchify(application);
    const size_t tokens = v.height.n / v.patch_height.n * (v.width.n / v.patch_width.n);
    shape[AT(y)] = SHAPE(v.batch.n, tokens, v.channels.n * v.patch_height.n * v.patch_width.n);
    shape[AT(image)] = SHAPE(v.batch.n, v.channels.n, v.height.n, v.width.n);
}

const struct conformance_operator conformance_patchify = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes};
