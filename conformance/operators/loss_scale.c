#include "conformance/case.h"
#include "conformance/inputs.h"

#include <math.h>

#define AT(argument) ARGUMENT_INDEX(loss_scale, argument)

enum { SCALE, GOOD, APPLIED, SKIPPED, COUNTS, CONTROL = 5, FINITE = 2 };

/* Integers: a good step, the last of a period where there is one; hard: one that is not finite, with a scale
 * that may be 1; reals: a good step at the largest scale. */
static const struct sizes sizes[] = {
    {"period=1", AS_INTEGER | AS_REAL | AS_HARD},
    {"period=2000", AS_INTEGER | AS_REAL | AS_HARD},
};

static const struct sizes patterns[] = {
    {"period=1..5000", AS_INTEGER | AS_REAL | AS_HARD},
};

static void shapes(struct shape *shape, const struct application *application) {
    (void)application;
    shape[AT(scaler)] = SHAPE(COUNTS);
    shape[AT(control)] = SHAPE(CONTROL);
}

static void fill(struct application *application, struct philox *random) {
    const struct values_loss_scale v = values_loss_scale(application);
    const bool is_last = application->inputs == INPUTS_INTEGER && v.period.n > 0;
    v.scaler.f[SCALE] =
        application->inputs == INPUTS_REAL ? 0x1p30F : (float)(1u << philox_next_below(random, 20));
    v.scaler.f[GOOD] = is_last ? (float)(v.period.n - 1) : (float)philox_next_below(random, 1000);
    v.scaler.f[APPLIED] = (float)philox_next_below(random, 1 << 24);
    v.scaler.f[SKIPPED] = (float)philox_next_below(random, 1000);
    v.control.f[FINITE] = application->inputs == INPUTS_HARD ? 0 : 1;
    if (v.period.n == 1 && application->inputs == INPUTS_HARD)
        v.scaler.f[SCALE] = 1;
}

const struct conformance_operator conformance_loss_scale = {SIZES(sizes), PATTERNS(patterns),
                                                            .shapes = shapes, .fill = fill};
