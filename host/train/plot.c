#include "train/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { TITLE = 17, LETTERS = 13, LEFT = 78, RIGHT = 16, TOP = 56, BOTTOM = 28, NAMED_BOTTOM = 46 };

enum { LOGARITHMIC_FROM = 30 };

/* Easy to tell apart, also for those who do not see red and green apart. */
static const struct canvas_colour colours[PLOT_SERIES] = {
    {0, 95, 180},  {225, 110, 0},   {0, 150, 115}, {190, 40, 120},
    {90, 60, 160}, {120, 120, 120}, {150, 110, 0}, {0, 0, 0},
};

/* One direction: which numbers are on the axis, and where they lie on the page. */
struct axis {
    double low, high; /* of the numbers, or of their logarithms */
    bool logarithmic;
    double from, to; /* pixels of low and high */
};

static double place(const struct axis *axis, double value) {
    const double number = axis->logarithmic ? log10(value) : value;
    return axis->from + (number - axis->low) / (axis->high - axis->low) * (axis->to - axis->from);
}

/* ---- ranges ---- */

static void extend(double *low, double *high, double value) {
    if (isfinite(value)) {
        *low = fmin(*low, value);
        *high = fmax(*high, value);
    }
}

static struct axis y_axis(const struct plot *plot, struct canvas_box frame) {
    struct axis axis = {INFINITY, -INFINITY, false, frame.y + frame.height, frame.y};
    for (size_t s = 0; s < plot->series_count; s++)
        for (size_t i = 0; i < plot->series[s].count; i++)
            extend(&axis.low, &axis.high, plot->series[s].y[i]);
    if (!(axis.low <= axis.high))
        axis.low = 0, axis.high = 1;
    axis.logarithmic = plot->may_logarithmic && axis.low > 0 && axis.high / axis.low > LOGARITHMIC_FROM;
    if (axis.logarithmic)
        axis.low = log10(axis.low), axis.high = log10(axis.high);
    else if (axis.low > 0 && axis.low < 0.4 * axis.high)
        axis.low = 0; /* nearly down to it anyway */
    const double room = axis.high > axis.low ? 0.06 * (axis.high - axis.low) : 0.5 * fabs(axis.high) + 0.1;
    axis.high += room;
    axis.low -= axis.low == 0 ? 0 : room;
    return axis;
}

/* ---- ticks ---- */

/* 1, 2 or 5 times a power of ten, so that `count` steps about fill `range`. */
static double tick_step(double range, int count) {
    const double raw = range / count, power = pow(10, floor(log10(raw))), part = raw / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static void x_tick(struct data_image *page, struct lettering *lettering, struct canvas_box frame, double x,
                   double value) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", value);
    const struct canvas_point top = {x, frame.y}, bottom = {x, frame.y + frame.height};
    canvas_line(page, top, bottom, 0.6, canvas_grey(225));
    lettering_draw(lettering, page, (int)x - lettering_width(lettering, LETTERS, text) / 2,
                   frame.y + frame.height + 6, LETTERS, text, canvas_grey(80));
}

static void y_tick(struct data_image *page, struct lettering *lettering, struct canvas_box frame, double y,
                   double value) {
    char text[32];
    snprintf(text, sizeof text, "%.6g", fabs(value) < 1e-12 ? 0 : value);
    const struct canvas_point left = {frame.x, y}, right = {frame.x + frame.width, y};
    canvas_line(page, left, right, 0.6, canvas_grey(225));
    lettering_draw(lettering, page, frame.x - 8 - lettering_width(lettering, LETTERS, text),
                   (int)y - LETTERS / 2 - 3, LETTERS, text, canvas_grey(80));
}

static void linear_ticks(struct data_image *page, struct lettering *lettering, struct canvas_box frame,
                         const struct axis *axis, bool vertical) {
    const int length = vertical ? frame.height / 42 : frame.width / 110;
    double step = tick_step(axis->high - axis->low, length > 4 ? length : 4);
    if (!vertical && step < 1)
        step = 1; /* steps are whole */
    for (double value = ceil(axis->low / step) * step; value <= axis->high + step * 1e-9; value += step) {
        const double at = place(axis, value);
        if (vertical)
            y_tick(page, lettering, frame, at, value);
        else
            x_tick(page, lettering, frame, at, value);
    }
}

/* 1, 2 and 5 in every power of ten, or powers alone when there are many. */
static void logarithmic_ticks(struct data_image *page, struct lettering *lettering, struct canvas_box frame,
                              const struct axis *axis) {
    static const double parts[] = {1, 2, 5};
    const int used = axis->high - axis->low < frame.height / 90.0 ? 3 : 1;
    for (int power = (int)floor(axis->low); power <= (int)ceil(axis->high); power++)
        for (int i = 0; i < used; i++) {
            const double value = parts[i] * pow(10, power);
            if (log10(value) >= axis->low && log10(value) <= axis->high)
                y_tick(page, lettering, frame, place(axis, value), value);
        }
}

/* ---- curves ---- */

/* The points of one column of pixels, on the page. */
struct column {
    double x, y, count;
};

static void draw_to(struct data_image *page, struct column *last, const struct column *next,
                    struct canvas_colour colour) {
    const struct canvas_point to = {next->x / next->count, next->y / next->count};
    const struct canvas_point from =
        last->count > 0 ? (struct canvas_point){last->x / last->count, last->y / last->count} : to;
    canvas_line(page, from, to, last->count > 0 ? 2 : 3, colour);
    *last = *next;
}

static void draw_series(struct data_image *page, const struct plot_series *series, const struct axis *x,
                        const struct axis *y, struct canvas_colour colour) {
    struct column last = {0}, current = {0};
    for (size_t i = 0; i < series->count; i++) {
        const double at_x = place(x, series->x[i]), at_y = place(y, series->y[i]);
        const bool finite = isfinite(at_x) && isfinite(at_y);
        if (current.count > 0 && (!finite || floor(at_x) != floor(current.x / current.count))) {
            draw_to(page, &last, &current, colour);
            current = (struct column){0};
        }
        if (finite)
            current = (struct column){current.x + at_x, current.y + at_y, current.count + 1};
        else
            last.count = 0;
    }
    if (current.count > 0)
        draw_to(page, &last, &current, colour);
}

/* Names in their colours, in a line above the frame, right-aligned. */
static void draw_legend(struct data_image *page, struct lettering *lettering, struct canvas_box frame,
                        const struct plot *plot) {
    enum { STROKE = 22, SPACE = 18 };
    int x = frame.x + frame.width;
    for (size_t s = plot->series_count; s-- > 0;) {
        const char *const name = plot->series[s].name;
        x -= lettering_width(lettering, LETTERS, name);
        lettering_draw(lettering, page, x, frame.y - LETTERS - 11, LETTERS, name, canvas_grey(40));
        x -= STROKE + 6;
        const double y = frame.y - 12.5;
        canvas_line(page, (struct canvas_point){x, y}, (struct canvas_point){x + STROKE, y}, 3, colours[s]);
        x -= SPACE;
    }
}

static void draw_frame(struct data_image *page, struct canvas_box frame) {
    const struct canvas_point corner = {frame.x, frame.y + frame.height};
    canvas_line(page, (struct canvas_point){frame.x, frame.y}, corner, 1, canvas_grey(90));
    canvas_line(page, corner, (struct canvas_point){frame.x + frame.width, corner.y}, 1, canvas_grey(90));
}

void plot_draw(struct data_image *page, struct lettering *lettering, struct canvas_box box,
               const struct plot *plot) {
    const int bottom = plot->x_name != NULL ? NAMED_BOTTOM : BOTTOM;
    const struct canvas_box frame = {box.x + LEFT, box.y + TOP, box.width - LEFT - RIGHT,
                                     box.height - TOP - bottom};
    const struct axis x = {plot->x_low, plot->x_high, false, frame.x, frame.x + frame.width};
    const struct axis y = y_axis(plot, frame);
    linear_ticks(page, lettering, frame, &x, false);
    if (y.logarithmic)
        logarithmic_ticks(page, lettering, frame, &y);
    else
        linear_ticks(page, lettering, frame, &y, true);
    draw_frame(page, frame);
    for (size_t s = plot->series_count; s-- > 0;)
        draw_series(page, &plot->series[s], &x, &y, colours[s]);
    lettering_draw(lettering, page, frame.x, box.y + 20, TITLE, plot->title, canvas_grey(20));
    if (plot->series_count > 1)
        draw_legend(page, lettering, frame, plot);
    if (plot->x_name != NULL)
        lettering_draw(lettering, page,
                       frame.x + (frame.width - lettering_width(lettering, LETTERS, plot->x_name)) / 2,
                       frame.y + frame.height + 24, LETTERS, plot->x_name, canvas_grey(80));
}
