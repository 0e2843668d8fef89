/* ctc: -log of the probability of a text, summed over all ways to write it along the time steps
 *
 * logits (batch, steps, classes); target (batch, places), of which length[b] - 1 are the symbols, the
 * last being an end mark; loss, likelihood (batch); alpha (batch, steps, 2 places - 1); lse (batch,
 * steps). Source: Graves, Fernandez, Gomez, Schmidhuber, "Connectionist temporal classification",
 * ICML 2006, equations 5 to 8.
 */
#include "reference/ctc.h"

#include "reference/reference.h"

static double log_sum(const float *row, size_t classes) {
    double largest = -INFINITY, sum = 0;
    for (size_t c = 0; c < classes; c++)
        largest = fmax(largest, row[c]);
    for (size_t c = 0; c < classes; c++)
        sum += exp(row[c] - largest);
    return largest + log(sum);
}

/* alpha of one time step from that of the one before, NULL for the first. */
static void advance(double *now, const double *before, const float *row, double lse,
                    const struct ctc_label *label) {
    for (size_t s = 0; s < label->states; s++) {
        const size_t symbol = ctc_symbol(label, s);
        double reached = CTC_IMPOSSIBLE;
        if (before == NULL)
            reached = s <= 1 ? 0 : CTC_IMPOSSIBLE;
        else
            reached = ctc_join(before[s], s >= 1 ? before[s - 1] : CTC_IMPOSSIBLE,
                               ctc_skips(label, s) ? before[s - 2] : CTC_IMPOSSIBLE);
        now[s] =
            ctc_possible(reached) && symbol < label->classes ? reached + (row[symbol] - lse) : CTC_IMPOSSIBLE;
    }
}

void reference_ctc(float *loss, float *likelihood, float *alpha, float *lse, const float *logits,
                   const uint32_t *target, const uint32_t *length, size_t batch, size_t steps, size_t classes,
                   size_t places, size_t blank, float factor) {
    double rows[2][CTC_MAX_STATES] = {{0}};
    for (size_t b = 0; b < batch; b++) {
        const struct ctc_label label = ctc_label(target + b * places, length[b], places, classes, blank);
        for (size_t t = 0; t < steps; t++) {
            const float *const row = logits + (b * steps + t) * classes;
            float *const out = alpha + (b * steps + t) * (2 * places - 1);
            const double sum = log_sum(row, classes);
            advance(rows[t % 2], t > 0 ? rows[1 - t % 2] : NULL, row, sum, &label);
            lse[b * steps + t] = (float)sum;
            for (size_t s = 0; s < 2 * places - 1; s++)
                out[s] = (float)(s < label.states ? rows[t % 2][s] : CTC_IMPOSSIBLE);
        }
        const double *const last = rows[(steps - 1) % 2];
        const double end =
            ctc_join(last[label.states - 1], label.states > 1 ? last[label.states - 2] : CTC_IMPOSSIBLE,
                     CTC_IMPOSSIBLE);
        likelihood[b] = (float)end;
        loss[b] = ctc_possible(end) ? (float)(-factor * end) : 0;
    }
}
