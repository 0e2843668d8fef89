/* ctc_backward: dlogits = factor dloss (softmax(logits) - the part of the paths that are at that class)
 *
 * dlogits, logits (batch, steps, classes); dloss, likelihood (batch); alpha (batch, steps, 2 places - 1);
 * lse (batch, steps); target, length as in ctc. A label that is impossible has gradient 0.
 * Source: Graves et al., ICML 2006, equations 10 to 16.
 */
#include "reference/ctc.h"

#include "reference/reference.h"

/* What follows after a time step: beta of each state, from `ahead`, beta and symbol of the next
 * step; NULL at the last. */
static void retreat(double *beta, const double *ahead, const struct ctc_label *label) {
    for (size_t s = 0; s < label->states; s++) {
        if (ahead == NULL)
            beta[s] = s + 2 >= label->states ? 0 : CTC_IMPOSSIBLE;
        else
            beta[s] =
                ctc_join(ahead[s], s + 1 < label->states ? ahead[s + 1] : CTC_IMPOSSIBLE,
                         s + 2 < label->states && ctc_skips(label, s + 2) ? ahead[s + 2] : CTC_IMPOSSIBLE);
    }
}

/* The part of the paths that are at class c. */
static double occupancy(const double *beta, const float *alpha, double end, const struct ctc_label *label,
                        size_t c) {
    double sum = 0;
    for (size_t s = 0; s < label->states; s++)
        if (ctc_symbol(label, s) == c && ctc_possible(alpha[s]) && ctc_possible(beta[s]))
            sum += exp(alpha[s] + beta[s] - end);
    return sum;
}

void reference_ctc_backward(float *dlogits, const float *dloss, const float *likelihood, const float *alpha,
                            const float *lse, const float *logits, const uint32_t *target,
                            const uint32_t *length, size_t batch, size_t steps, size_t classes, size_t places,
                            size_t blank, float factor) {
    double beta[CTC_MAX_STATES], ahead[CTC_MAX_STATES];
    for (size_t b = 0; b < batch; b++) {
        const struct ctc_label label = ctc_label(target + b * places, length[b], places, classes, blank);
        const double scale = (double)factor * dloss[b], end = likelihood[b];
        for (size_t t = steps; t-- > 0;) {
            const size_t row = b * steps + t;
            retreat(beta, t + 1 < steps ? ahead : NULL, &label);
            for (size_t c = 0; c < classes; c++) {
                const double x = logits[row * classes + c], p = exp(x - lse[row]);
                const double q = occupancy(beta, alpha + row * (2 * places - 1), end, &label, c);
                dlogits[row * classes + c] = ctc_possible(end) ? (float)(scale * (p - q)) : 0;
            }
            for (size_t s = 0; s < label.states; s++) {
                const size_t symbol = ctc_symbol(&label, s);
                ahead[s] = ctc_possible(beta[s]) && symbol < classes
                               ? beta[s] + (logits[row * classes + symbol] - (double)lse[row])
                               : CTC_IMPOSSIBLE;
            }
        }
    }
}
