/* trainer.h: a whole training run: data, steps, log, checkpoints, end.
 *
 *     struct train_options options = {.data = paths, .data_count = 1, .out = "run", .device = device};
 *     TRY(train_run(&settings, &options));
 *
 * A run is a folder: settings.json, log.jsonl (a line of JSON for every log_every steps), last.safetensors,
 * best.safetensors (of the best evaluation), events.out.tfevents.* (events.h), report.html (page.h),
 * pictures/. Source of the parts: spec/objectives for what is learned, spec/files.md for what is written.
 *
 * Caveats: the same device, driver, seed and settings give the same bytes, also across an interruption. One
 * run per folder at a time.
 */
#ifndef MNSP_TRAIN_TRAINER_H
#define MNSP_TRAIN_TRAINER_H

#include "gpu/gpu.h"
#include "train/settings.h"
#include "train/step.h"

#include <signal.h>

/* What is told about a step. */
struct train_progress {
    uint64_t step, steps; /* done, in all */
    uint64_t epoch;
    const struct train_step *train_step; /* names of the terms */
    struct train_result result;          /* of the last step */
    double rate;
    double images_per_second; /* since the last line */
    double seconds_left;
    bool logged; /* a line was written for this step; otherwise only a display need change */
};

struct train_options {
    const char *const *data;       /* sources as data/source.h names them */
    size_t data_count;             /* 0 with `resume`: those that the run was last started with */
    const char *const *validation; /* recognition: labelled sources to score on; may be none, likewise */
    size_t validation_count;
    const char *out;     /* the run's folder, made when it is missing */
    const char *init;    /* a checkpoint to start from: all parameters it shares with the network; or NULL */
    const char *teacher; /* lmim, mnsp: a checkpoint whose encoder teaches; or NULL */
    bool resume;         /* go on from out/last.safetensors; `settings` must be those of the run */
    struct gpu_device *device;         /* NULL: the reference */
    const volatile sig_atomic_t *stop; /* not 0: finish the step, write a checkpoint, return; or NULL */
    const char *program;               /* version, for the checkpoint */
    void (*message)(void *context, const char *text);
    void (*progress)(void *context, const struct train_progress *progress);
    void *context;
};

/* Runs to the last step, or until *stop. Errors: STATUS_USAGE for options that do not go together (no teacher
 * where one is needed, a folder that holds another run), STATUS_INVALID for data and files, and those of the
 * device; what was reached stays in the last checkpoint. */
MNSP_NODISCARD enum status train_run(const struct settings *settings, const struct train_options *options);

#endif
