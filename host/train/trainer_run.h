/* trainer_run.h: what the two files of the trainer share: a run, which trainer_start.c opens and closes, and
 * trainer.c steps through. Inside the train room only.
 */
#ifndef MNSP_TRAIN_TRAINER_RUN_H
#define MNSP_TRAIN_TRAINER_RUN_H

#include "data/charset.h"
#include "data/source.h"
#include "train/checkpoint.h"
#include "train/events.h"
#include "train/feed.h"
#include "train/report.h"
#include "train/sources.h"
#include "train/trainer.h"

struct run {
    const struct settings *settings;
    const struct train_options *options;
    struct train_options resumed; /* `options`, completed by `sources` */
    struct train_sources sources;
    struct data_set *set;
    struct data_charset charset;
    char *characters; /* of recognition: the set as a text, for checkpoints */
    struct train_feed *feed;
    struct train_step *step;
    struct file_log *log;
    struct events *events;
    struct train_report *report;
    uint64_t done;                 /* steps, those before a resume too */
    uint64_t first, steps, warmup; /* steps: resumed at, in all, of rising rate */
    uint64_t steps_per_epoch;
    struct checkpoint_scores scores;
    uint64_t broken; /* steps without a finite gradient, in a row */
};

/* Opens data, network, feed and folder of a run whose settings and options are set, and reads the weights it
 * begins with; `last` is the path of its last checkpoint. To be closed after an error, too. Errors:
 * STATUS_USAGE, and those of everything that is opened. */
MNSP_NODISCARD enum status trainer_start(struct run *run, const char *last);
void trainer_finish(struct run *run);

/* A line for the user. */
void trainer_say(const struct run *run, const char *text);

#endif
