/* plot.h: curves with axes, ticks and a legend.
 *
 *     const struct plot_series series[] = {{"loss", steps, losses, count}};
 *     plot_draw(&page, lettering, (struct canvas_box){0, 0, 900, 400},
 *               &(struct plot){.title = "loss", .x_high = 300, .series = series, .series_count = 1});
 *
 * Points that fall on the same column of pixels are shown as their mean. A number that is not finite leaves a
 * gap. A range that nearly begins at 0 begins at 0.
 */
#ifndef MNSP_TRAIN_PLOT_H
#define MNSP_TRAIN_PLOT_H

#include "train/lettering.h"

#include <stdbool.h>

enum { PLOT_SERIES = 8 };

struct plot_series {
    const char *name;
    const double *x, *y;
    size_t count;
};

struct plot {
    const char *title;
    const char *x_name;   /* below the axis; NULL: none */
    bool may_logarithmic; /* where all numbers are positive and spread over a factor above 30 */
    double x_low, x_high; /* range of the horizontal axis */
    const struct plot_series *series;
    size_t series_count; /* at most PLOT_SERIES */
};

void plot_draw(struct data_image *page, struct lettering *lettering, struct canvas_box box,
               const struct plot *plot);

/* Draws the curves of a run from its log: loss and terms, accuracy where it was evaluated, learning rate.
 * Lines that are no JSON are passed over; of several for a step, the last counts. Errors: STATUS_INVALID when
 * the log is missing or has no step yet, STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status plot_log(struct data_image *page, struct lettering *lettering, const char *path);

#endif
