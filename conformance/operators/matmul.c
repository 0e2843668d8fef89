#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"

#define AT(argument) ARGUMENT_INDEX(matmul, argument)

/* What rounding of the factors can meet. */
#define ROUNDING (AS_INTEGER | AS_REAL | AS_HARD | AS_WIDE | AS_CANCEL | AS_HALF | AS_DENORMAL | AS_NAN)

/* Every transposition; sizes of one, primes, one off a tile; then the model's products: q k v, the two layers
 * of a block, a patch embedding, few rows, as when a text is written symbol by symbol, the last layer, and gradients of
 * weights, whose sums are long; and all that again with factors of 16 bits, where short sums show every bit of them. */
static const struct sizes sizes[] = {
    {"batch=1,m=1,n=1,k=1", AS_INTEGER | AS_REAL},
    {"batch=1,m=1,n=7,k=16,bias=none,addend=none", AS_INTEGER | AS_REAL},
    {"batch=2,m=3,n=2,k=5", AS_INTEGER | AS_REAL},
    {"batch=2,m=3,n=2,k=5,transpose_a=1,addend=none", AS_INTEGER | AS_REAL},
    {"batch=2,m=3,n=2,k=5,transpose_b=1,bias=none,addend=none", AS_INTEGER | AS_REAL},
    {"batch=2,m=3,n=2,k=5,transpose_a=1,transpose_b=1", AS_INTEGER | AS_REAL},
    {"batch=1,m=16,n=32,k=8", AS_INTEGER | AS_REAL | IN_TILES},
    {"batch=1,m=17,n=33,k=9", AS_INTEGER | AS_REAL},
    {"batch=1,m=15,n=31,k=7,transpose_b=1,bias=none", AS_INTEGER | AS_REAL},
    {"batch=3,m=37,n=41,k=43", AS_INTEGER | AS_REAL | IN_TILES},
    {"batch=3,m=37,n=41,k=43,transpose_a=1,bias=none", AS_INTEGER | AS_REAL},
    {"batch=3,m=37,n=41,k=43,transpose_b=1,addend=none", AS_INTEGER | AS_REAL},
    {"batch=3,m=37,n=41,k=43,transpose_a=1,transpose_b=1,bias=none", AS_INTEGER | AS_REAL | IN_TILES},
    {"batch=1,m=128,n=64,k=64,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=129,n=65,k=67,transpose_a=1,bias=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=257,n=1152,k=384,transpose_b=1,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=130,n=1536,k=384,transpose_b=1,addend=none", AS_INTEGER},
    {"batch=1,m=130,n=384,k=1536,transpose_b=1", AS_REAL},
    {"batch=1,m=256,n=384,k=48,transpose_b=1,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=1,n=512,k=512,transpose_b=1,bias=none,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=8,n=97,k=511,transpose_b=1,addend=none", AS_INTEGER | AS_REAL},
    {"batch=2,m=9,n=65,k=67,transpose_b=1,bias=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=52,n=97,k=384,transpose_b=1,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=384,n=97,k=208,transpose_a=1,bias=none,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=384,n=48,k=2056,transpose_a=1,bias=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=65,n=33,k=10007,transpose_a=1,bias=none,addend=none", AS_INTEGER | AS_REAL},
    {"batch=1,m=67,n=71,k=1,rounding=1,bias=none,addend=none", ROUNDING},
    {"batch=1,m=67,n=71,k=1,rounding=2,bias=none,addend=none", ROUNDING},
    {"batch=2,m=3,n=2,k=5,rounding=1", AS_HARD},
    {"batch=2,m=3,n=2,k=5,rounding=2", AS_HARD},
    {"batch=2,m=13,n=12,k=7,transpose_a=1,rounding=1,addend=none", AS_HARD},
    {"batch=2,m=13,n=12,k=7,transpose_a=1,rounding=2,addend=none", AS_HARD},
    {"batch=2,m=13,n=12,k=6,transpose_b=1,rounding=1,bias=none", AS_HARD},
    {"batch=2,m=13,n=12,k=6,transpose_b=1,rounding=2,bias=none", AS_HARD},
    {"batch=1,m=12,n=20,k=8,transpose_a=1,transpose_b=1,rounding=1", AS_HARD},
    {"batch=1,m=12,n=20,k=8,transpose_a=1,transpose_b=1,rounding=2", AS_HARD},
    {"batch=3,m=37,n=41,k=43,rounding=1", AS_INTEGER | AS_REAL},
    {"batch=1,m=257,n=1152,k=384,transpose_b=1,rounding=1,addend=none", AS_REAL},
    {"batch=1,m=257,n=1152,k=384,transpose_b=1,rounding=2,addend=none", AS_REAL},
    {"batch=1,m=8,n=97,k=511,transpose_b=1,rounding=1,addend=none", AS_REAL},
    {"batch=1,m=384,n=48,k=2056,transpose_a=1,rounding=1,bias=none", AS_REAL},
};

static const struct sizes patterns[] = {
    {"batch=1..3,m=1..200,n=1..200,k=1..300,transpose_a=0|1,transpose_b=0|1,bias=none|,addend=none|",
     AS_INTEGER | AS_REAL},
    {"batch=1,m=1..70,n=1..70,k=300..5000,transpose_a=0|1,transpose_b=0|1,bias=none|,addend=none|",
     AS_INTEGER | AS_REAL},
    {"batch=1..3,m=1..200,n=1..200,k=1..300,transpose_a=0|1,transpose_b=0|1,rounding=1|2,bias=none|,addend="
     "none|",
     AS_INTEGER | AS_REAL},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_matmul v = values_matmul(application);
    shape[AT(c)] = shape[AT(addend)] = SHAPE(v.batch.n, v.m.n, v.n.n);
    shape[AT(a)] = v.transpose_a.n ? SHAPE(v.batch.n, v.k.n, v.m.n) : SHAPE(v.batch.n, v.m.n, v.k.n);
    shape[AT(b)] = v.transpose_b.n ? SHAPE(v.batch.n, v.n.n, v.k.n) : SHAPE(v.batch.n, v.k.n, v.n.n);
    shape[AT(bias)] = SHAPE(v.n.n);
}

/* Factors that lie between two numbers of 16 bits; b so small that no sum overflows. */
static void fill(struct application *application, struct philox *random) {
    const struct values_matmul v = values_matmul(application);
    if (application->inputs != INPUTS_HARD)
        return;
    inputs_between(v.a.f, application->elements[AT(a)], (enum precision)v.rounding.n, 14, true, random);
    inputs_between(v.b.f, application->elements[AT(b)], (enum precision)v.rounding.n, -4, false, random);
}

/* The condition is the product of the magnitudes of the rounded factors. Where one of them has become infinity there
 * is none: the result is an infinity, or not a number, and the same one on the device. */
static void bound(const struct application *application) {
    const struct values_matmul v = values_matmul(application);
    const size_t m = v.m.n, n = v.n.n, k = v.k.n;
    const enum precision precision = (enum precision)v.rounding.n;
    const size_t a_row = v.transpose_a.n ? 1 : k, a_step = v.transpose_a.n ? m : 1;
    const size_t b_column = v.transpose_b.n ? k : 1, b_step = v.transpose_b.n ? 1 : n;
    for (size_t i = 0; i < v.batch.n * m; i++)
        for (size_t j = 0; j < n; j++) {
            const float *const a = v.a.f + i / m * m * k + i % m * a_row;
            const float *const b = v.b.f + i / m * k * n + j * b_column;
            double condition = v.bias.f != NULL ? fabs((double)v.bias.f[j]) : 0;
            if (v.addend.f != NULL)
                condition += fabs((double)v.addend.f[i * n + j]);
            for (size_t l = 0; l < k; l++)
                condition += fabs((double)precision_round(a[l * a_step], precision) *
                                  (double)precision_round(b[l * b_step], precision));
            application->bounds[AT(c)][i * n + j] =
                isfinite(condition) ? gamma_of((double)k + 2) * condition : 0;
        }
}

const struct conformance_operator conformance_matmul = {SIZES(sizes), PATTERNS(patterns), .shapes = shapes,
                                                        .fill = fill, .bound = bound};
