/* ctc.h: what ctc and its gradient share: the states of a label, and sums of logarithms.
 *
 * A label of n symbols has 2 n + 1 states: blank, symbol 0, blank, symbol 1, .. blank. A path goes
 * from one of the first two to one of the last two; in a time step it stays, goes on by one, or by
 * two where that skips a blank between different symbols. Logarithms of probabilities are below 0;
 * one of 0 is CTC_IMPOSSIBLE.
 */
#ifndef MNSP_REFERENCE_CTC_H
#define MNSP_REFERENCE_CTC_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTC_IMPOSSIBLE (-1e30)

enum { CTC_MAX_PLACES = 200, CTC_MAX_STATES = 2 * CTC_MAX_PLACES - 1 };

struct ctc_label {
    const uint32_t *symbols;
    size_t states, classes, blank;
};

/* length counts an end mark; it is cut to 1 .. places. */
static inline struct ctc_label ctc_label(const uint32_t *symbols, size_t length, size_t places,
                                         size_t classes, size_t blank) {
    const size_t counted = length < 1 ? 1 : length > places ? places : length;
    return (struct ctc_label){
        .symbols = symbols, .states = 2 * counted - 1, .classes = classes, .blank = blank};
}

static inline size_t ctc_symbol(const struct ctc_label *label, size_t state) {
    return state % 2 == 1 ? label->symbols[state / 2] : label->blank;
}

/* Whether a path may come from two states before. */
static inline bool ctc_skips(const struct ctc_label *label, size_t state) {
    return state % 2 == 1 && state >= 3 && label->symbols[state / 2] != label->symbols[state / 2 - 1];
}

static inline bool ctc_possible(double x) {
    return x > CTC_IMPOSSIBLE / 2;
}

/* log(exp(a) + exp(b) + exp(c)) */
static inline double ctc_join(double a, double b, double c) {
    const double largest = fmax(a, fmax(b, c));
    if (!ctc_possible(largest))
        return CTC_IMPOSSIBLE;
    return largest + log(exp(a - largest) + exp(b - largest) + exp(c - largest));
}

#endif
