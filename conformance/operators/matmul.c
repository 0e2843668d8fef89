#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"
#include "reference/common.h"

#define AT(argument) ARGUMENT_INDEX(matmul, argument)

/* What rounding of the factors can meet. */
#define ROUNDING (AS_INTEGER | AS_REAL | AS_HARD | AS_WIDE | AS_CANCEL | AS_HALF | AS_DENORMAL | AS_NAN)

/* Every transposition; sizes of one, primes, one off a tile; then the model's products: q k v, the two layers
 * of a block, a patch embedding, few rows, as when a text is written symbol by symbol, the last layer, and
 * gradients of weights, whose sums are long; and all that again with factors of 16 bits, where short sums
 * show every bit of them. */
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
    {"batch=1,m=67,n=71,k=1,rounding=1,bias=none,addend=none", ROUNDING | IN_TILES},
    {"batch=1,m=67,n=71,k=1,rounding=2,bias=none,addend=none", ROUNDING | IN_TILES},
    {"batch=2,m=3,n=2,k=5,rounding=1", AS_HARD},
    {"batch=2,m=3,n=2,k=5,rounding=2", AS_HARD},
    {"batch=2,m=13,n=12,k=7,transpose_a=1,rounding=1,addend=none", AS_HARD | IN_TILES},
    {"batch=2,m=13,n=12,k=7,transpose_a=1,rounding=2,addend=none", AS_HARD | IN_TILES},
    {"batch=2,m=13,n=12,k=6,transpose_b=1,rounding=1,bias=none", AS_HARD | IN_TILES},
    {"batch=2,m=13,n=12,k=6,transpose_b=1,rounding=2,bias=none", AS_HARD | IN_TILES},
    {"batch=1,m=12,n=20,k=8,transpose_a=1,transpose_b=1,rounding=1", AS_HARD | IN_TILES},
    {"batch=1,m=12,n=20,k=8,transpose_a=1,transpose_b=1,rounding=2", AS_HARD | IN_TILES},
    {"batch=3,m=37,n=41,k=43,rounding=1", AS_INTEGER | AS_REAL | IN_TILES},
    {"batch=3,m=37,n=41,k=43,rounding=2", AS_INTEGER | AS_REAL | IN_TILES},
    {"batch=1,m=133,n=140,k=70,transpose_a=1,rounding=1,bias=none", AS_INTEGER | IN_TILES},
    {"batch=1,m=133,n=140,k=70,transpose_a=1,rounding=2,bias=none", AS_INTEGER | IN_TILES},
    {"batch=1,m=140,n=133,k=70,transpose_b=1,rounding=1,addend=none", AS_INTEGER | IN_TILES},
    {"batch=1,m=140,n=133,k=70,transpose_b=1,rounding=2,addend=none", AS_INTEGER | IN_TILES},
    {"batch=2,m=40,n=36,k=133,transpose_a=1,transpose_b=1,rounding=1", AS_INTEGER | IN_TILES},
    {"batch=2,m=40,n=36,k=133,transpose_a=1,transpose_b=1,rounding=2", AS_INTEGER | IN_TILES},
    {"batch=1,m=257,n=1152,k=384,transpose_b=1,rounding=1,addend=none", AS_REAL},
    {"batch=1,m=257,n=1152,k=384,transpose_b=1,rounding=2,addend=none", AS_REAL},
    {"batch=1,m=8,n=97,k=511,transpose_b=1,rounding=1,addend=none", AS_REAL},
    {"batch=1,m=384,n=48,k=2056,transpose_a=1,rounding=1,bias=none", AS_REAL},
    /* What is done to the result: gelu, which keeps its argument or not; dropout; gelu's
     * gradient; all at once. */
    {"batch=1,m=1,n=1,k=1,gelu=1", AS_REAL},
    {"batch=2,m=5,n=8,k=3,bias=none,addend=none,gelu=1,pre=none", AS_REAL},
    {"batch=2,m=5,n=7,k=3,addend=none,gelu=1", AS_REAL},
    {"batch=2,m=5,n=8,k=3,bias=none,addend=none,gelu=2", AS_REAL},
    {"batch=2,m=5,n=7,k=3,gelu=2", AS_REAL},
    {"batch=2,m=36,n=40,k=4,bias=none,addend=none,rounding=1,gelu=2", AS_HARD | IN_TILES},
    {"batch=2,m=36,n=40,k=4,bias=none,addend=none,rounding=2,gelu=2", AS_HARD},
    {"batch=2,m=5,n=8,k=3,stream=5,rate=0.5", AS_REAL},
    {"batch=2,m=5,n=7,k=3,bias=none,addend=none,stream=3,rate=0.1", AS_REAL},
    {"batch=2,m=37,n=41,k=43,rounding=1,gelu=1,stream=1,rate=0.1", AS_REAL | IN_TILES},
    {"batch=2,m=37,n=41,k=43,rounding=2,gelu=1,stream=1,rate=0.1", AS_REAL | IN_TILES},
    {"batch=3,m=37,n=44,k=43,transpose_b=1,gelu=2,stream=65535,rate=0.9", AS_REAL},
    {"batch=1,m=257,n=384,k=96,transpose_b=1,addend=none,gelu=1", AS_REAL},
    {"batch=1,m=257,n=384,k=96,bias=none,addend=none,gelu=2", AS_REAL},
};

static const struct sizes patterns[] = {
    {"batch=1..3,m=1..200,n=1..200,k=1..300,transpose_a=0|1,transpose_b=0|1,bias=none|,addend=none|",
     AS_INTEGER | AS_REAL},
    {"batch=1,m=1..70,n=1..70,k=300..5000,transpose_a=0|1,transpose_b=0|1,bias=none|,addend=none|",
     AS_INTEGER | AS_REAL},
    {"batch=1..3,m=1..200,n=1..200,k=1..300,transpose_a=0|1,transpose_b=0|1,rounding=1|2,bias=none|,addend="
     "none|",
     AS_INTEGER | AS_REAL},
    {"batch=1..3,m=1..100,n=1..100,k=1..100,transpose_b=0|1,bias=none|,addend=none|,gelu=0|1|2,pre=none|,"
     "stream=0..65535,rate=0|0.1|0.5,rounding=0|1|2",
     AS_REAL},
};

/* What only gelu, its gradient, and dropout use. */
static void complete(struct application *application) {
    const struct values_matmul v = values_matmul(application);
    if (v.gelu.n != 1)
        application->present &= ~(1U << AT(pre));
    if (v.gelu.n != 2)
        application->present &= ~(1U << AT(at));
    if (!(v.rate.real > 0))
        application->present &= ~(1U << AT(random));
}

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_matmul v = values_matmul(application);
    shape[AT(c)] = shape[AT(pre)] = shape[AT(at)] = shape[AT(addend)] = SHAPE(v.batch.n, v.m.n, v.n.n);
    shape[AT(a)] = v.transpose_a.n ? SHAPE(v.batch.n, v.k.n, v.m.n) : SHAPE(v.batch.n, v.m.n, v.k.n);
    shape[AT(b)] = v.transpose_b.n ? SHAPE(v.batch.n, v.n.n, v.k.n) : SHAPE(v.batch.n, v.k.n, v.n.n);
    shape[AT(bias)] = SHAPE(v.n.n);
    shape[AT(random)] = SHAPE(3);
}

/* Factors that lie between two numbers of 16 bits; b so small that no sum overflows. Gelu's gradient
 * through all ranges of erf. */
static void fill(struct application *application, struct philox *random) {
    const struct values_matmul v = values_matmul(application);
    if (application->inputs == INPUTS_REAL && v.at.f != NULL)
        inputs_reals(v.at.f, application->elements[AT(at)], -7, 7, random);
    if (application->inputs != INPUTS_HARD)
        return;
    inputs_between(v.a.f, application->elements[AT(a)], (enum precision)v.rounding.n, 14, true, random);
    inputs_between(v.b.f, application->elements[AT(b)], (enum precision)v.rounding.n, -4, false, random);
    if (v.at.f != NULL)
        inputs_between(v.at.f, application->elements[AT(at)], (enum precision)v.rounding.n, 2, false, random);
}

/* What is done to a sum, and the error on the way: `error` of s, that of a sum of products. */
static double epilogue(const struct values_matmul *v, size_t element, double s, double error) {
    static const double steepest = 1.13; /* of gelu */
    double value = s;
    if (v->gelu.n == 1) {
        value = s * normal_distribution(s);
        error = steepest * error + 2 * EPS * (fabs(s) + error);
    }
    const double factor = dropout_factor(v->random.u, v->stream.n, element, v->rate.real);
    value *= factor;
    error = factor * error + (factor != 1 ? 5 * EPS * (fabs(value) + factor * error) : 0);
    if (v->gelu.n == 2) {
        const double x = precision_round(v->at.f[element], v->rounding.n);
        error = steepest * error + 8 * EPS * (fabs(value) + error);
        value *= normal_distribution(x) + x * normal_density(x);
    }
    if (v->addend.f != NULL)
        error += EPS * (fabs(value) + error + fabs((double)v->addend.f[element]));
    return error;
}

/* The condition of a sum is the product of the magnitudes. */
static void bound(const struct application *application) {
    const struct values_matmul v = values_matmul(application);
    const size_t m = v.m.n, n = v.n.n, k = v.k.n;
    const enum precision precision = (enum precision)v.rounding.n;
    /* What matrices add to a sum, two roundings for each eight products. */
    const double extra = precision != PRECISION_F32 ? 2 * ceil((double)k / 8) : 0;
    const size_t a_row = v.transpose_a.n ? 1 : k, a_step = v.transpose_a.n ? m : 1;
    const size_t b_column = v.transpose_b.n ? k : 1, b_step = v.transpose_b.n ? 1 : n;
    for (size_t i = 0; i < v.batch.n * m; i++)
        for (size_t j = 0; j < n; j++) {
            const float *const a = v.a.f + i / m * m * k + i % m * a_row;
            const float *const b = v.b.f + i / m * k * n + j * b_column;
            double sum = v.bias.f != NULL ? (double)v.bias.f[j] : 0, condition = fabs(sum);
            for (size_t l = 0; l < k; l++) {
                const double product = (double)precision_round(a[l * a_step], precision) *
                                       (double)precision_round(b[l * b_step], precision);
                sum += product;
                condition += fabs(product);
            }
            const double error = gamma_of((double)k + 1 + extra) * condition;
            if (!isfinite(condition))
                continue;
            if (v.pre.f != NULL)
                application->bounds[AT(pre)][i * n + j] = error;
            application->bounds[AT(c)][i * n + j] = epilogue(&v, i * n + j, sum, error);
        }
}

const struct conformance_operator conformance_matmul = {
    SIZES(sizes), PATTERNS(patterns), .complete = complete, .shapes = shapes, .fill = fill, .bound = bound};
