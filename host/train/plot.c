#include "train/plot.h"

#include "train/axis.h"

#include <math.h>

enum { TITLE = 17, LETTERS = 13, LEFT = 78, RIGHT = 16, TOP = 56, BOTTOM = 28, NAMED_BOTTOM = 46 };

/* Easy to tell apart, also for those who do not see red and green apart. */
static const struct canvas_colour colours[PLOT_SERIES] = {
    {0, 95, 180},  {225, 110, 0},   {0, 150, 115}, {190, 40, 120},
    {90, 60, 160}, {120, 120, 120}, {150, 110, 0}, {0, 0, 0},
};

/* ---- axes ---- */

static struct axis y_axis(const struct plot *plot, struct canvas_box frame) {
    double low = INFINITY, high = -INFINITY;
    for (size_t s = 0; s < plot->series_count; s++)
        for (size_t i = 0; i < plot->series[s].count; i++)
            if (isfinite(plot->series[s].y[i])) {
                low = fmin(low, plot->series[s].y[i]);
                high = fmax(high, plot->series[s].y[i]);
            }
    return axis_fit(low, high, plot->may_logarithmic, frame.y + frame.height, frame.y);
}

static void draw_x_ticks(struct data_image *page, struct lettering *lettering, struct canvas_box frame,
                         const struct axis *axis) {
    double ticks[AXIS_TICKS];
    char text[AXIS_TEXT_SIZE];
    const size_t count = axis_ticks(axis, frame.width / 110, true, ticks);
    for (size_t i = 0; i < count; i++) {
        const double x = axis_place(axis, ticks[i]);
        const struct canvas_point top = {x, frame.y}, bottom = {x, frame.y + frame.height};
        canvas_line(page, top, bottom, 0.6, canvas_grey(225));
        axis_text(ticks[i], text);
        lettering_draw(lettering, page, (int)x - lettering_width(lettering, LETTERS, text) / 2,
                       frame.y + frame.height + 6, LETTERS, text, canvas_grey(80));
    }
}

static void draw_y_ticks(struct data_image *page, struct lettering *lettering, struct canvas_box frame,
                         const struct axis *axis) {
    double ticks[AXIS_TICKS];
    char text[AXIS_TEXT_SIZE];
    const size_t count = axis_ticks(axis, frame.height / 42, false, ticks);
    for (size_t i = 0; i < count; i++) {
        const double y = axis_place(axis, ticks[i]);
        const struct canvas_point left = {frame.x, y}, right = {frame.x + frame.width, y};
        canvas_line(page, left, right, 0.6, canvas_grey(225));
        axis_text(ticks[i], text);
        lettering_draw(lettering, page, frame.x - 8 - lettering_width(lettering, LETTERS, text),
                       (int)y - LETTERS / 2 - 3, LETTERS, text, canvas_grey(80));
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
        const double at_x = axis_place(x, series->x[i]), at_y = axis_place(y, series->y[i]);
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
    draw_x_ticks(page, lettering, frame, &x);
    draw_y_ticks(page, lettering, frame, &y);
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
