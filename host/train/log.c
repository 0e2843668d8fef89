#include "train/log.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* JSON has no NaN. */
static json_t *real(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *integer(uint64_t value) {
    return json_integer((json_int_t)value);
}

/* A path need not be UTF-8, JSON has to be. */
static json_t *path_text(const char *path) {
    json_t *const text = json_string(path);
    return text ? text : json_string("(a name that is not UTF-8)");
}

/* Writes an object and releases it; NULL means that memory ran out. Nine digits bring back every float; rates
 * and speeds need no more. */
static enum status write_line(struct file_log *log, json_t *line) {
    char *const text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(line);
    if (text == NULL)
        return status_set(STATUS_MEMORY, "out of memory: a line of the log could not be made");
    const enum status status = file_log_line(log, text);
    free(text);
    return status;
}

static json_t *path_texts(const char *const *paths, size_t count) {
    json_t *const array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, path_text(paths[i]));
    return array;
}

enum status train_log_start(struct file_log *log, const struct train_log_start *start) {
    const struct train_options *const options = start->options;
    const struct gpu_properties *const device =
        options->device ? gpu_device_properties(options->device) : NULL;
    char objective[SETTINGS_TEXT_SIZE];
    settings_format(start->settings, settings_find("objective"), objective);
    json_t *const line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o}", "event", "start", "program",
                  options->program ? options->program : "", "device", device ? device->name : "reference",
                  "driver", device ? device->driver : "scalar C", "objective", objective, "images",
                  integer(start->images), "steps", integer(start->steps));
    if (line != NULL) {
        json_object_set_new(line, "data", path_texts(options->data, options->data_count));
        json_object_set_new(line, "validation", path_texts(options->validation, options->validation_count));
    }
    if (line != NULL && options->resume)
        json_object_set_new(line, "resumed_at", integer(start->resumed_at));
    return write_line(log, line);
}

enum status train_log_step(struct file_log *log, const struct train_progress *progress) {
    const struct objective *const objective = &progress->train_step->objective;
    json_t *const line =
        json_pack("{s:s, s:o, s:o, s:o}", "event", "step", "step", integer(progress->step), "epoch",
                  integer(progress->epoch), "loss", real((double)progress->result.loss));
    for (size_t i = 0; i < objective->term_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "loss.%s", objective->terms[i].name);
        json_object_set_new(line, name, real((double)progress->result.terms[i]));
    }
    json_object_set_new(line, "rate", real(progress->rate));
    json_object_set_new(line, "gradient_norm", real((double)progress->result.norm));
    if (progress->result.scale != 1)
        json_object_set_new(line, "loss_scale", real((double)progress->result.scale));
    json_object_set_new(line, "skipped", integer(progress->result.skipped));
    json_object_set_new(line, "images_per_second", real(progress->images_per_second));
    return write_line(log, line);
}

enum status train_log_evaluate(struct file_log *log, uint64_t step, const struct evaluate_set *set) {
    return write_line(log,
                      json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "event", "evaluate", "step",
                                integer(step), "data", path_text(set->path), "words", integer(set->words),
                                "accuracy", real(evaluate_accuracy(set, EVALUATE_WAICS)), "case_sensitive",
                                real(evaluate_accuracy(set, EVALUATE_CASE_SENSITIVE)), "one_minus_ned",
                                real(evaluate_accuracy(set, EVALUATE_ONE_MINUS_NED))));
}

enum status train_log_words(struct file_log *log, uint64_t step, const struct picture_samples *samples,
                            const struct recogniser_reading *readings) {
    json_t *const words = json_array();
    for (size_t i = 0; i < samples->count; i++) {
        json_t *const word = json_pack("{s:s, s:o}", "text", readings[i].text, "confidence",
                                       real((double)readings[i].confidence));
        if (word != NULL && samples->label[i] != NULL)
            json_object_set_new(word, "label", json_string(samples->label[i]));
        json_array_append_new(words, word);
    }
    return write_line(log,
                      json_pack("{s:s, s:o, s:o}", "event", "words", "step", integer(step), "words", words));
}

enum status train_log_checkpoint(struct file_log *log, uint64_t step, const char *path) {
    return write_line(log, json_pack("{s:s, s:o, s:o}", "event", "checkpoint", "step", integer(step), "path",
                                     path_text(path)));
}

enum status train_log_skip(struct file_log *log, uint64_t step, enum data_problem problem, size_t count) {
    static const char *const names[DATA_PROBLEM_COUNT] = {[DATA_UNDECODABLE] = "undecodable",
                                                          [DATA_UNLABELLED] = "unlabelled",
                                                          [DATA_LABEL_TOO_LONG] = "label too long"};
    return write_line(log, json_pack("{s:s, s:o, s:s, s:o}", "event", "skip", "step", integer(step),
                                     "problem", names[problem], "count", integer(count)));
}

enum status train_log_end(struct file_log *log, uint64_t step, double seconds, const char *reason) {
    return write_line(log, json_pack("{s:s, s:o, s:o, s:s}", "event", "end", "step", integer(step), "seconds",
                                     real(seconds), "reason", reason));
}
