/* history.h: what the log of a run tells: curves over the steps, scores, words read, how it ended.
 *
 *     struct history history;
 *     TRY(history_read(&history, "run/log.jsonl"));
 *     ... history.losses.curves[0].y[i] at step history.losses.curves[0].x[i] ...
 *     history_free(&history);
 *
 * Lines that are no JSON are passed over, as an interrupted program may have left one. A resumed run repeats
 * steps: of several lines for a step, the last counts.
 */
#ifndef MNSP_TRAIN_HISTORY_H
#define MNSP_TRAIN_HISTORY_H

#include "base/json.h"

enum { HISTORY_NAME_SIZE = 64, HISTORY_CURVES = 8 };

struct history_curve {
    char name[HISTORY_NAME_SIZE];
    double *x, *y; /* step, and the value: NAN where the log has null */
    size_t count, x_capacity, y_capacity;
};

/* Curves of one kind; those beyond HISTORY_CURVES are left out. */
struct history_group {
    struct history_curve curves[HISTORY_CURVES];
    size_t count;
};

struct history {
    struct history_group losses;     /* the loss, then its terms where it has several */
    struct history_group accuracies; /* of each validation set, ignoring case and symbols */
    struct history_group rates, norms, speeds;
    json_t *start;  /* the line of the last start; NULL: none */
    json_t *words;  /* the last line of words read */
    json_t *end;    /* of the last end, when nothing was started since */
    json_t *scores; /* an array: the last evaluation of each set */
    json_t *skips;  /* an array: how many images could not be used, by problem */
};

/* Errors: STATUS_INVALID when the log is missing, STATUS_IO, STATUS_MEMORY. A log without a step is none: its
 * groups are empty. */
MNSP_NODISCARD enum status history_read(struct history *out, const char *path);
void history_free(struct history *history);

/* The steps that plots of the run go over: from 0, or from the first one when a log begins late, to the last.
 * 0 and 1 without any. */
void history_range(const struct history *history, double *low, double *high);

#endif
