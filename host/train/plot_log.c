/* plot_log.c: the log of a run as curves. */
#include "train/history.h"
#include "train/plot.h"

#include <stdlib.h>

enum { WIDTH = 1000, TALL = 400, LOW = 230 };

static void draw_group(struct data_image *page, struct lettering *lettering, const struct history *history,
                       const struct history_group *group, const char *title, int *y, int height) {
    struct plot_series series[PLOT_SERIES];
    for (size_t i = 0; i < group->count; i++)
        series[i] = (struct plot_series){group->curves[i].name, group->curves[i].x, group->curves[i].y,
                                         group->curves[i].count};
    struct plot plot = {.title = title,
                        .x_name = *y + height >= (int)page->height ? "step" : NULL,
                        .may_logarithmic = group == &history->losses,
                        .series = series,
                        .series_count = group->count};
    history_range(history, &plot.x_low, &plot.x_high);
    plot_draw(page, lettering, (struct canvas_box){0, *y, WIDTH, height}, &plot);
    *y += height;
}

static enum status draw(struct data_image *page, struct lettering *lettering, const struct history *history) {
    const bool scored = history->accuracies.count > 0;
    int y = 0;
    TRY(canvas_new(page, WIDTH, TALL + LOW + (scored ? LOW : 0)));
    draw_group(page, lettering, history, &history->losses, "loss", &y, TALL);
    if (scored)
        draw_group(page, lettering, history, &history->accuracies, "accuracy, ignoring case and symbols", &y,
                   LOW);
    draw_group(page, lettering, history, &history->rates, "learning rate", &y, LOW);
    return STATUS_OK;
}

enum status plot_log(struct data_image *page, struct lettering *lettering, const char *path) {
    struct history history;
    *page = (struct data_image){0};
    TRY(history_read(&history, path));
    enum status status;
    if (history.losses.count == 0)
        status = status_set(STATUS_INVALID, "%s: no step in it that could be drawn", path);
    else
        status = draw(page, lettering, &history);
    history_free(&history);
    return status;
}
