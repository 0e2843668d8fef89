#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(random_uniform, argument)

static const struct sizes sizes[] = {
    {"count=1,stream=0", AS_BITS},
    {"count=1023,stream=7", AS_BITS},
    {"count=1025,stream=65535", AS_BITS},
    {"count=100003,stream=1", AS_BITS},
};

static const struct sizes patterns[] = {
    {"count=1..200000,stream=0..65535", AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_random_uniform v = values_random_uniform(application);
    shape[AT(y)] = SHAPE(v.count.n);
    shape[AT(random)] = SHAPE(3);
}

const struct conformance_operator conformance_random_uniform = {SIZES(sizes), PATTERNS(patterns),
                                                                .shapes = shapes};
