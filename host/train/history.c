#include "train/history.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- curves ---- */

/* The curve of that name, made when it is new; NULL when there is no room for another. */
static struct history_curve *curve_of(struct history_group *group, const char *name) {
    for (size_t i = 0; i < group->count; i++)
        if (strcmp(group->curves[i].name, name) == 0)
            return &group->curves[i];
    if (group->count == HISTORY_CURVES)
        return NULL;
    struct history_curve *const curve = &group->curves[group->count++];
    snprintf(curve->name, sizeof curve->name, "%s", name);
    return curve;
}

/* What was said of this and later steps before the run was resumed does not count any more. */
static enum status add(struct history_group *group, const char *name, double x, const json_t *value) {
    struct history_curve *const curve = curve_of(group, name);
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
    TRY(add(&history->norms, "gradient norm", step, json_object_get(line, "gradient_norm")));
    TRY(add(&history->speeds, "images/s", step, json_object_get(line, "images_per_second")));
    json_object_foreach(line, key, value) {
        if (strncmp(key, term, strlen(term)) == 0)
            TRY(add(&history->losses, key + strlen(term), step, value));
    }
    return STATUS_OK;
}

/* ---- lines ---- */

static void keep(json_t **place, json_t *line) {
    json_decref(*place);
    *place = json_incref(line);
}

/* Puts a line in the place of the one with the same text under `key`, or at the end. */
static void keep_by(json_t *array, const char *key, json_t *line) {
    size_t i;
    json_t *other;
    json_array_foreach(array, i, other) {
        if (json_equal(json_object_get(other, key), json_object_get(line, key))) {
            json_array_set(array, i, line);
            return;
        }
    }
    json_array_append(array, line);
}

static enum status take_evaluation(struct history *history, json_t *line, double step) {
    const char *const data = json_string_value(json_object_get(line, "data"));
    if (data == NULL)
        return STATUS_OK;
    keep_by(history->scores, "data", line);
    return add(&history->accuracies, file_name(data), step, json_object_get(line, "accuracy"));
}

static enum status take_line(struct history *history, json_t *line) {
    const char *const event = json_string_value(json_object_get(line, "event"));
    const json_t *const step = json_object_get(line, "step");
    if (event == NULL)
        return STATUS_OK;
    if (strcmp(event, "start") == 0) {
        keep(&history->start, line);
        keep(&history->end, NULL);
    }
    if (!json_is_number(step))
        return STATUS_OK;
    if (strcmp(event, "step") == 0)
        return take_step(history, line, json_number_value(step));
    if (strcmp(event, "evaluate") == 0)
        return take_evaluation(history, line, json_number_value(step));
    if (strcmp(event, "words") == 0)
        keep(&history->words, line);
    else if (strcmp(event, "skip") == 0)
        keep_by(history->skips, "problem", line);
    else if (strcmp(event, "end") == 0)
        keep(&history->end, line);
    return STATUS_OK;
}

static enum status read_lines(struct history *history, FILE *file, const char *path) {
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
    return status;
}

static void free_group(struct history_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        free(group->curves[i].x);
        free(group->curves[i].y);
    }
    group->count = 0;
}

enum status history_read(struct history *out, const char *path) {
    *out = (struct history){0};
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return file_failure(path, "open", errno);
    out->scores = json_array();
    out->skips = json_array();
    enum status status = out->scores == NULL || out->skips == NULL
                             ? status_set(STATUS_MEMORY, "out of memory while reading %s", path)
                             : read_lines(out, file, path);
    fclose(file);
    /* With a single term, the loss is that term. */
    if (out->losses.count == 2) {
        free_group(&(struct history_group){.curves = {out->losses.curves[1]}, .count = 1});
        out->losses.count = 1;
    }
    if (status != STATUS_OK)
        history_free(out);
    return status;
}

void history_free(struct history *history) {
    struct history_group *const groups[] = {&history->losses, &history->accuracies, &history->rates,
                                            &history->norms, &history->speeds};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        free_group(groups[i]);
    json_decref(history->start);
    json_decref(history->words);
    json_decref(history->end);
    json_decref(history->scores);
    json_decref(history->skips);
    *history = (struct history){0};
}

void history_range(const struct history *history, double *low, double *high) {
    const struct history_curve *const loss = &history->losses.curves[0];
    const bool any = history->losses.count > 0 && loss->count > 0;
    const double first = any ? loss->x[0] : 0, last = any ? loss->x[loss->count - 1] : 0;
    *low = first > 0.5 * last ? first - 1 : 0;
    *high = last > *low ? last : *low + 1;
}
