/* axis.h: one direction of a plot: which numbers it shows, where they lie, and which of them are written.
 *
 *     const struct axis y = axis_fit(0.3, 2.7, true, bottom, top);
 *     double ticks[AXIS_TICKS];
 *     const size_t count = axis_ticks(&y, 6, false, ticks);
 *     ... a line at axis_place(&y, ticks[i]) ...
 */
#ifndef MNSP_TRAIN_AXIS_H
#define MNSP_TRAIN_AXIS_H

#include <stdbool.h>
#include <stddef.h>

enum { AXIS_TICKS = 64 };

struct axis {
    double low, high; /* of the numbers, or of their logarithms to the base 10 */
    bool logarithmic;
    double from, to; /* pixels of low and high */
};

/* With some room around low .. high (any order if there are no numbers). A range that nearly begins at 0
 * begins at 0; with `may_logarithmic`, one of positive numbers over a factor above 30 is logarithmic. */
struct axis axis_fit(double low, double high, bool may_logarithmic, double from, double to);

/* Not finite where the axis does not have the number. */
double axis_place(const struct axis *axis, double value);

/* About `count` round numbers, at most AXIS_TICKS; `whole`: no others than whole ones. Returns how many. */
size_t axis_ticks(const struct axis *axis, int count, bool whole, double ticks[AXIS_TICKS]);

/* A number as it is written beside an axis, into `text` of AXIS_TEXT_SIZE; returns it. */
enum { AXIS_TEXT_SIZE = 32 };
const char *axis_text(double value, char text[AXIS_TEXT_SIZE]);

#endif
