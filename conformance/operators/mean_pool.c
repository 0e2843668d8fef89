#include "conformance/bound.h"
#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(mean_pool, argument)

static const struct sizes sizes[] = {
    {"batch=1,height=2,width=2,channels=1", AS_INTEGER | AS_REAL},
    {"batch=2,height=5,width=7,channels=3", AS_INTEGER | AS_REAL},
    {"batch=2,height=8,width=32,channels=384", AS_INTEGER | AS_REAL},
    {"batch=3,height=3,width=3,channels=191", AS_INTEGER | AS_REAL},
};

static const struct sizes patterns[] = {
    {"batch=1..4,height=2..40,width=2..40,channels=1..100", AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_mean_pool v = values_mean_pool(application);
    shape[AT(y)] = SHAPE(v.batch.n, v.height.n / 2, v.width.n / 2, v.channels.n);
    shape[AT(x)] = SHAPE(v.batch.n, v.height.n, v.width.n, v.channels.n);
}

static void bound(const struct application *application) {
    const struct values_mean_pool v = values_mean_pool(application);
    double *out = application->bounds[AT(y)];
    for (size_t b = 0; b < v.batch.n; b++)
        for (size_t i = 0; i < v.height.n / 2; i++)
            for (size_t j = 0; j < v.width.n / 2; j++)
                for (size_t c = 0; c < v.channels.n; c++) {
                    double condition = 0;
                    for (size_t corner = 0; corner < 4; corner++) {
                        const size_t row = 2 * i + corner / 2, column = 2 * j + corner % 2;
                        const size_t pixel = (b * v.height.n + row) * v.width.n + column;
                        condition += fabs((double)v.x.f[pixel * v.channels.n + c]) / 4;
                    }
                    *out++ = 4 * EPS * condition;
                }
}

const struct conformance_operator conformance_mean_pool = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                           .bound = bound};
