/* page_plot.c: curves as vector graphics within a page. */
#include "train/axis.h"
#include "train/page.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 1060, LEFT = 64, RIGHT = 12, TOP = 34, BOTTOM = 26, COLUMNS = 250 };

const char page_style[] =
    ":root{--curve0:#005fb4;--curve1:#e16e00;--curve2:#009673;--curve3:#be2878;--curve4:#5a3ca0;"
    "--curve5:#787878;--curve6:#966e00;--curve7:#1c2430}\n"
    "@media(prefers-color-scheme:dark){:root{--curve0:#6fb1f2;--curve1:#f59b4a;--curve2:#3ecfa8;"
    "--curve3:#ee77b5;--curve4:#a78bec;--curve5:#a9a9a9;--curve6:#d3ac3a;--curve7:#e4e9ef}}\n"
    ".at line{visibility:hidden}.at:hover line{visibility:visible}\n"
    ".picture{margin:8px 0;background:#fff;border:1px solid var(--line);border-radius:5px}\n"
    "meter{width:90px;vertical-align:middle}\n";

/* The mean of a curve's values in each column of the plot; NAN where it has none. */
static void fill_columns(const struct page_plot *plot, const struct history_curve *curve,
                         double means[COLUMNS]) {
    double sums[COLUMNS] = {0};
    size_t counts[COLUMNS] = {0};
    for (size_t i = 0; i < curve->count; i++) {
        const double part = (curve->x[i] - plot->low) / (plot->high - plot->low);
        if (!isfinite(curve->y[i]) || !(part >= 0 && part <= 1))
            continue;
        const size_t column = (size_t)(part * (COLUMNS - 1) + 0.5);
        sums[column] += curve->y[i];
        counts[column]++;
    }
    for (size_t i = 0; i < COLUMNS; i++)
        means[i] = counts[i] > 0 ? sums[i] / (double)counts[i] : NAN;
}

static double column_x(size_t column) {
    return LEFT + (double)column / (COLUMNS - 1) * (WIDTH - LEFT - RIGHT);
}

static double column_step(const struct page_plot *plot, size_t column) {
    return plot->low + (double)column / (COLUMNS - 1) * (plot->high - plot->low);
}

static void add_ticks(struct buffer *out, const struct page_plot *plot, const struct axis *x,
                      const struct axis *y) {
    double ticks[AXIS_TICKS];
    char text[AXIS_TEXT_SIZE];
    const int bottom = plot->height - BOTTOM;
    size_t count = axis_ticks(x, 9, true, ticks);
    for (size_t i = 0; i < count; i++) {
        const double at = axis_place(x, ticks[i]);
        buffer_add(out,
                   "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"var(--line)\"/><text "
                   "x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"soft\">%s</text>",
                   at, at, TOP, bottom, at, bottom + 17, axis_text(ticks[i], text));
    }
    count = axis_ticks(y, plot->height / 45, false, ticks);
    for (size_t i = 0; i < count; i++) {
        const double at = axis_place(y, ticks[i]);
        buffer_add(out,
                   "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--line)\"/><text "
                   "x=\"%d\" y=\"%.1f\" text-anchor=\"end\" class=\"soft\">%s</text>",
                   LEFT, WIDTH - RIGHT, at, at, LEFT - 8, at + 4, axis_text(ticks[i], text));
    }
}

/* A line through the columns that have a value. */
static void add_curve(struct buffer *out, const struct axis *y, const double means[COLUMNS], size_t number) {
    size_t points = 0, last = 0;
    buffer_add(out,
               "<polyline class=\"curve\" fill=\"none\" stroke=\"var(--curve%zu)\" stroke-width=\"2\" "
               "stroke-linejoin=\"round\" points=\"",
               number);
    for (size_t i = 0; i < COLUMNS; i++) {
        const double at = axis_place(y, means[i]);
        if (!isfinite(at))
            continue;
        buffer_add(out, "%.1f,%.1f ", column_x(i), at);
        points++;
        last = i;
    }
    buffer_add(out, "\"/>");
    if (points == 1)
        buffer_add(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"var(--curve%zu)\"/>", column_x(last),
                   axis_place(y, means[last]), number);
}

/* The numbers of a column, shown while the mouse rests on it. */
static void add_column(struct buffer *out, const struct page_plot *plot,
                       double means[HISTORY_CURVES][COLUMNS], size_t column) {
    bool begun = false;
    for (size_t c = 0; c < plot->group->count; c++) {
        if (!isfinite(means[c][column]))
            continue;
        const double half = 0.5 * (column_x(1) - column_x(0));
        if (!begun)
            buffer_add(out,
                       "<g class=\"at\"><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
                       "fill=\"transparent\"/><line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" "
                       "stroke=\"var(--soft)\"/><title>step %.0f",
                       column_x(column) - half, TOP, 2 * half, plot->height - TOP - BOTTOM, column_x(column),
                       column_x(column), TOP, plot->height - BOTTOM, column_step(plot, column));
        begun = true;
        buffer_add(out, "\n");
        buffer_add_xml(out, plot->group->curves[c].name);
        buffer_add(out, " %.5g", means[c][column]);
    }
    if (begun)
        buffer_add(out, "</title></g>\n");
}

static void add_legend(struct buffer *out, const struct history_group *group) {
    double x = LEFT;
    for (size_t c = 0; c < group->count && group->count > 1; c++) {
        buffer_add(out,
                   "<line x1=\"%.0f\" x2=\"%.0f\" y1=\"16\" y2=\"16\" stroke=\"var(--curve%zu)\" "
                   "stroke-width=\"3\"/><text x=\"%.0f\" y=\"20\">",
                   x, x + 20, c, x + 26);
        buffer_add_xml(out, group->curves[c].name);
        buffer_add(out, "</text>");
        x += 46 + 7.5 * (double)strlen(group->curves[c].name);
    }
}

void page_add_plot(struct buffer *out, const struct page_plot *plot) {
    double means[HISTORY_CURVES][COLUMNS], low = INFINITY, high = -INFINITY;
    if (plot->group->count == 0)
        return;
    for (size_t c = 0; c < plot->group->count; c++) {
        fill_columns(plot, &plot->group->curves[c], means[c]);
        for (size_t i = 0; i < COLUMNS; i++) {
            low = fmin(low, means[c][i]); /* of a number and NAN, the number */
            high = fmax(high, means[c][i]);
        }
    }
    const struct axis x = {plot->low, plot->high, false, LEFT, WIDTH - RIGHT};
    const struct axis y = axis_fit(low, high, plot->may_logarithmic, plot->height - BOTTOM, TOP);
    buffer_add(out,
               "<figure class=\"wide\"><figcaption>%s</figcaption><svg class=\"plot\" width=\"%d\" "
               "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s over the steps\">\n",
               plot->title, WIDTH, plot->height, WIDTH, plot->height, plot->title);
    add_ticks(out, plot, &x, &y);
    add_legend(out, plot->group);
    for (size_t c = plot->group->count; c-- > 0;)
        add_curve(out, &y, means[c], c);
    for (size_t i = 0; i < COLUMNS; i++)
        add_column(out, plot, means, i);
    buffer_add(out, "</svg></figure>\n");
}
