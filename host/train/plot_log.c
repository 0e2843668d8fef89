/* plot_log.c: the log of a run as curves. */
#include "base/file.h"
#include "base/memory.h"
#include "train/plot.h"

#include <jansson.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64, WIDTH = 1000, TALL = 400, LOW = 230 };

/* One curve as it is read. */
struct curve {
    char name[NAME_SIZE];
    double *x, *y;
    size_t count, x_capacity, y_capacity;
};

/* The curves of one plot; the first is the main one. */
struct group {
    struct curve curves[PLOT_SERIES];
    size_t count;
    bool may_logarithmic;
};

struct history {
    struct group losses, accuracies, rates;
};

/* ---- reading ---- */

/* The curve of that name, made when it is new; NULL when there is no room for another. */
static struct curve *curve_of(struct group *group, const char *name) {
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->curves[i].name, name) == 0)
            return &group->curves[i];
    if (group->count == PLOT_SERIES)
        return NULL;
    struct curve *const curve = &group->curves[group->count++];
    snprintf(curve->name, sizeof curve->name, "%s", name);
    return curve;
}

/* A resumed run repeats steps: what was said of them before does not count any more. */
static enum status add(struct group *group, const char *name, double x, const json_t *value) {
    struct curve *const curve = curve_of(group, name);
    if (curve == NULL)
        return STATUS_OK;
    while (curve->count > 0 && curve->x[curve->count - 1] >= x)
        curve->count--;
    TRY(memory_reserve(&curve->x, &curve->x_capacity, curve->count + 1, sizeof *curve->x));
    TRY(memory_reserve(&curve->y, &curve->y_capacity, curve->count + 1, sizeof *curve->y));
    curve->x[curve->count] = x;
    curve->y[curve->count++] = json_is_number(value) ? json_number_value(value) : NAN;
    return STATUS_OK;
}

static enum status take_step(struct history *history, json_t *line, double step) {
    static const char term[] = "loss.";
    const char *key;
    json_t *value;
    TRY(add(&history->losses, "loss", step, json_object_get(line, "loss")));
    TRY(add(&history->rates, "rate", step, json_object_get(line, "rate")));
    json_object_foreach(line, key, value) {
        if (strncmp(key, term, strlen(term)) == 0)
            TRY(add(&history->losses, key + strlen(term), step, value));
    }
    return STATUS_OK;
}

static enum status take_line(struct history *history, json_t *line) {
    const char *const event = json_string_value(json_object_get(line, "event"));
    const json_t *const step = json_object_get(line, "step");
    if (event == NULL || !json_is_number(step))
        return STATUS_OK;
    if (strcmp(event, "step") == 0)
        return take_step(history, line, json_number_value(step));
    const char *const data = json_string_value(json_object_get(line, "data"));
    if (strcmp(event, "evaluate") == 0 && data != NULL)
        return add(&history->accuracies, file_name(data), json_number_value(step),
                   json_object_get(line, "accuracy"));
    return STATUS_OK;
}

static enum status read_log(struct history *history, const char *path) {
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return file_failure(path, "open", errno);
    char *text = NULL;
    size_t capacity = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && getline(&text, &capacity, file) != -1) {
        json_t *const line = json_loads(text, 0, NULL);
        status = take_line(history, line);
        json_decref(line);
    }
    if (status == STATUS_OK && ferror(file))
        status = file_failure(path, "read", errno);
    free(text);
    fclose(file);
    if (status == STATUS_OK && history->losses.count == 0)
        status = status_set(STATUS_INVALID, "%s: no step in it that could be drawn", path);
    return status;
}

static void free_group(struct group *group) {
    for (size_t i = 0; i < group->count; i++) {
        free(group->curves[i].x);
        free(group->curves[i].y);
    }
}

/* ---- drawing ---- */

/* The steps from 0, or from the first one when a log begins late, to the last: all plots have the same. */
static void find_range(const struct curve *loss, double *low, double *high) {
    const double first = loss->x[0], last = loss->x[loss->count - 1];
    *low = first > 0.5 * last ? first - 1 : 0;
    *high = last > *low ? last : *low + 1;
}

static void draw_group(struct data_image *page, struct lettering *lettering, const struct history *history,
                       const struct group *group, const char *title, int *y, int height) {
    struct plot_series series[PLOT_SERIES];
    for (size_t i = 0; i < group->count; i++)
        series[i] = (struct plot_series){group->curves[i].name, group->curves[i].x, group->curves[i].y,
                                         group->curves[i].count};
    struct plot plot = {.title = title,
                        .x_name = *y + height >= (int)page->height ? "step" : NULL,
                        .may_logarithmic = group->may_logarithmic,
                        .series = series,
                        .series_count = group->count};
    find_range(&history->losses.curves[0], &plot.x_low, &plot.x_high);
    plot_draw(page, lettering, (struct canvas_box){0, *y, WIDTH, height}, &plot);
    *y += height;
}

static enum status draw(struct data_image *page, struct lettering *lettering, struct history *history) {
    const bool scored = history->accuracies.count > 0;
    int y = 0;
    /* With a single term, the loss is that term. */
    if (history->losses.count == 2) {
        free_group(&(struct group){.curves = {history->losses.curves[1]}, .count = 1});
        history->losses.count = 1;
    }
    TRY(canvas_new(page, WIDTH, TALL + LOW + (scored ? LOW : 0)));
    draw_group(page, lettering, history, &history->losses, "loss", &y, TALL);
    if (scored)
        draw_group(page, lettering, history, &history->accuracies, "accuracy, ignoring case and symbols", &y,
                   LOW);
    draw_group(page, lettering, history, &history->rates, "learning rate", &y, LOW);
    return STATUS_OK;
}

enum status plot_log(struct data_image *page, struct lettering *lettering, const char *path) {
    struct history history = {.losses.may_logarithmic = true};
    *page = (struct data_image){0};
    enum status status = read_log(&history, path);
    if (status == STATUS_OK)
        status = draw(page, lettering, &history);
    free_group(&history.losses);
    free_group(&history.accuracies);
    free_group(&history.rates);
    return status;
}
