/* report.h: what a run shows of itself while it trains: scores on validation sets, and pictures.
 *
 *     TRY(train_report_open(&report, &(struct train_report_options){.settings = &settings, ...}));
 *     TRY(train_report_step(report, done, &scores, &improved));     after each step; acts when it is due
 *     train_report_close(report);
 *
 * Scores (recognition, with validation sets): every evaluate_every steps and at the end, as messages and
 * lines of the log. Pictures: every picture_every steps and at the end, unless it is 0, in the run's folder:
 * pictures/step-<8 digits>.png (picture.h), pictures/curves.png (plot.h) and where the network looks,
 * pictures/attention.png (attention.h). A picture that cannot be made is told and passed over:
 * training goes on. With each of them, and at the end, report.html (page.h) is written anew.
 *
 * Both compute with networks of their own, on the run's device, with weights copied from the training step,
 * so they do not change what is learned.
 */
#ifndef MNSP_TRAIN_REPORT_H
#define MNSP_TRAIN_REPORT_H

#include "base/file.h"
#include "data/source.h"
#include "train/checkpoint.h"
#include "train/events.h"
#include "train/trainer.h"

struct train_report;

/* All must outlive the report. */
struct train_report_options {
    const struct settings *settings;
    const struct train_options *options;
    struct data_set *set; /* that is trained on */
    struct train_step *step;
    struct file_log *log;
    struct events *events;
    uint64_t steps; /* in all */
};

/* Looks at the validation sets, so that a mistyped name shows before the first step. Errors: those of
 * data_set_open(), STATUS_IO for a folder that cannot be made, STATUS_MEMORY. */
MNSP_NODISCARD enum status train_report_open(struct train_report **out,
                                             const struct train_report_options *options);

/* `done` steps are done. An evaluation is counted in *scores; *improved is whether there was one that is the
 * best so far. Errors: those of evaluate_run(); none once the run is to stop: then nothing is counted. */
MNSP_NODISCARD enum status train_report_step(struct train_report *report, uint64_t done,
                                             struct checkpoint_scores *scores, bool *improved);

/* Whether train_report_step() would do something after `done` steps. */
bool train_report_is_due(const struct train_report *report, uint64_t done);

/* Writes report.html; a failure is told, no more. */
void train_report_page(struct train_report *report);

void train_report_close(struct train_report *report);

/* Whether something that happens every so many steps (0: never) does so after `done` of them. */
bool train_is_due(uint64_t done, int64_t every);

#endif
