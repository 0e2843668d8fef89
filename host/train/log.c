#include "train/log.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* JSON has no NaN. Nine digits bring back every float; rates and speeds need no more. */
static int put(json_t *line, const char *name, double value) {
    return json_object_set_new(line, name, isfinite(value) ? json_real(value) : json_null());
}

enum status train_log_step(struct file_log *log, const struct train_progress *progress) {
    json_t *const line = json_object();
    int failed = line == NULL;
    failed |= json_object_set_new(line, "step", json_integer((json_int_t)progress->step));
    failed |= json_object_set_new(line, "epoch", json_integer((json_int_t)progress->epoch));
    failed |= put(line, "loss", (double)progress->result.loss);
    for (size_t i = 0; i < progress->train_step->objective.term_count; i++)
        failed |= put(line, progress->train_step->objective.terms[i].name, (double)progress->result.terms[i]);
    failed |= put(line, "rate", progress->rate);
    failed |= put(line, "gradient_norm", (double)progress->result.norm);
    failed |= put(line, "images_per_second", progress->images_per_second);
    char *const text = failed ? NULL : json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
    json_decref(line);
    if (text == NULL)
        return status_set(STATUS_MEMORY, "out of memory: a line of the log could not be made");
    const enum status status = file_log_line(log, text);
    free(text);
    return status;
}
