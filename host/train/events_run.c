/* events_run.c: which numbers and pictures of a run TensorBoard is told. */
#include "base/file.h"
#include "train/events.h"

#include <stdio.h>
#include <stdlib.h>

enum { TAG_SIZE = 160, MOST_PICTURE = 64 << 20 };

enum status events_step(struct events *events, const struct train_progress *progress) {
    const struct objective *const objective = &progress->train_step->objective;
    struct events_scalar scalars[OBJECTIVE_MAX_NAMED + 6] = {
        {"loss", (double)progress->result.loss},          {"rate", progress->rate},
        {"gradient_norm", (double)progress->result.norm}, {"images_per_second", progress->images_per_second},
        {"loss_scale", (double)progress->result.scale},   {"skipped", (double)progress->result.skipped},
    };
    char tags[OBJECTIVE_MAX_NAMED][TAG_SIZE];
    size_t count = 6;
    for (size_t i = 0; i < objective->term_count; i++) {
        snprintf(tags[i], sizeof tags[i], "loss/%s", objective->terms[i].name);
        scalars[count++] = (struct events_scalar){tags[i], (double)progress->result.terms[i]};
    }
    return events_scalars(events, progress->step, scalars, count);
}

enum status events_evaluation(struct events *events, uint64_t step, const struct evaluate_set *set) {
    static const char *const names[] = {"accuracy", "case_sensitive", "one_minus_ned"};
    static const enum evaluate_score kinds[] = {EVALUATE_WAICS, EVALUATE_CASE_SENSITIVE,
                                                EVALUATE_ONE_MINUS_NED};
    struct events_scalar scalars[3];
    char tags[3][TAG_SIZE];
    for (size_t i = 0; i < 3; i++) {
        snprintf(tags[i], sizeof tags[i], "%s/%s", names[i], set->name);
        scalars[i] = (struct events_scalar){tags[i], evaluate_accuracy(set, kinds[i])};
    }
    return events_scalars(events, step, scalars, 3);
}

enum status events_picture_file(struct events *events, uint64_t step, const char *path, uint32_t width,
                                uint32_t height) {
    char *bytes;
    size_t size;
    TRY(file_read(&bytes, &size, path, MOST_PICTURE));
    const enum status status =
        events_picture(events, step, "samples", &(struct events_png){bytes, size, width, height});
    free(bytes);
    return status;
}
