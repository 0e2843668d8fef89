/* ctc.h: sizes, labels and errors that the cases of ctc and its gradient share. */
#ifndef MNSP_CONFORMANCE_CTC_H
#define MNSP_CONFORMANCE_CTC_H

#include "conformance/bound.h"
#include "conformance/case.h"
#include "conformance/inputs.h"
#include "reference/ctc.h"

/* One step, one place (the empty text), fewer steps than symbols, the
 * recogniser's, more classes and more states than a workgroup has invocations. */
#define CTC_SIZES                                                                                            \
    {"batch=1,steps=1,classes=2,places=1,blank=1,factor=1", AS_REAL},                                        \
        {"batch=5,steps=4,classes=3,places=5,blank=2,factor=0.5", AS_REAL},                                  \
        {"batch=7,steps=19,classes=5,places=9,blank=0,factor=1", AS_REAL},                                   \
        {"batch=2,steps=32,classes=97,places=25,blank=94,factor=0.25", AS_REAL},                             \
        {"batch=2,steps=9,classes=1003,places=6,blank=1000,factor=1", AS_REAL}, {                            \
        "batch=1,steps=200,classes=4,places=130,blank=3,factor=1", AS_REAL                                   \
    }
#define CTC_PATTERNS                                                                                         \
    { "batch=1..9,steps=1..40,classes=2..300,places=1..30,blank=0|1,factor=1|0.3", AS_REAL }
/* A NaN makes likelihoods that are neither possible nor impossible. */
#define CTC_WITHOUT AS_NAN

/* Of a joined logarithm: exps weighted by what they sum to, 3 + 3 log 3, two additions, log itself 4, and the
 * addition of the largest. */
enum { CTC_JOIN = 15 };

/* Labels of every length, of few different symbols, so that some repeat; the last image's has no class. */
static inline void ctc_fill_labels(uint32_t *target, uint32_t *length, size_t batch, size_t places,
                                   size_t classes, struct philox *random) {
    inputs_indices(target, batch * places, (uint32_t)(classes < 3 ? classes : 3), random);
    for (size_t b = 0; b < batch; b++)
        length[b] = (uint32_t)(1 + (b + places - 1) % places);
    if (batch > 4)
        target[(batch - 1) * places] = UINT32_MAX;
}

/* The error of a joined logarithm: the mean of those that are joined, by their parts in the sum. */
static inline double ctc_mean_error(const double *error, const float *logarithm, const size_t *states,
                                    size_t count) {
    double largest = CTC_IMPOSSIBLE, weights = 0, sum = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, logarithm[states[i]]);
    if (!ctc_possible(largest))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const double weight = exp(logarithm[states[i]] - largest);
        weights += weight;
        sum += weight * error[states[i]];
    }
    return sum / weights;
}

#endif
