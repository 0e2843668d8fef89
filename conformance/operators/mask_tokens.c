#include "conformance/case.h"

#define AT(argument) ARGUMENT_INDEX(mask_tokens, argument)

/* Integers make ties; any bits make NaN and infinities. */
static const struct sizes sizes[] = {
    {"batch=1,tokens=1,kept=1", AS_INTEGER | AS_REAL | AS_BITS},
    {"batch=3,tokens=7,kept=3", AS_INTEGER | AS_REAL | AS_BITS},
    {"batch=8,tokens=256,kept=64", AS_INTEGER | AS_REAL | AS_BITS},
    {"batch=2,tokens=251,kept=250", AS_INTEGER | AS_REAL | AS_BITS},
};

static const struct sizes patterns[] = {
    {"batch=1..9,kept=1..200,tokens=kept+0..300", AS_INTEGER | AS_REAL | AS_BITS},
};

static void shapes(struct shape *shape, const struct application *application) {
    const struct values_mask_tokens v = values_mask_tokens(application);
    shape[AT(kept_index)] = SHAPE(v.batch.n, v.kept.n);
    shape[AT(restore_index)] = SHAPE(v.batch.n, 1 + v.tokens.n);
    shape[AT(removed)] = shape[AT(noise)] = SHAPE(v.batch.n, v.tokens.n);
}

/* NaN of either sign, infinities and zeros of either sign, next to each other. */
static void fill(struct application *application, struct philox *random) {
    static const uint32_t special[] = {0x7FC00000, 0xFFC00000, 0x7F800000,
                                       0xFF800000, 0x80000000, 0x00000000};
    const struct values_mask_tokens v = values_mask_tokens(application);
    (void)random;
    if (application->inputs != INPUTS_BITS || v.batch.n == 0)
        return;
    for (size_t i = 0; i < sizeof special / sizeof special[0] && i < v.tokens.n; i++)
        memcpy(&v.noise.u[v.tokens.n - 1 - i], &special[i], sizeof special[i]);
}

const struct conformance_operator conformance_mask_tokens = {SIZES(sizes), PATTERNS(patterns),
                                                             .shapes = shapes, .fill = fill};
