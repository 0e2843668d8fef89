/* log.h: the log of a run, log.jsonl: one JSON object a line (spec/files.md). Numbers that are not finite are
 * written as null. */
#ifndef MNSP_TRAIN_LOG_H
#define MNSP_TRAIN_LOG_H

#include "base/file.h"
#include "data/loader.h"
#include "train/evaluate.h"
#include "train/picture.h"
#include "train/trainer.h"

struct train_log_start {
    const struct settings *settings;
    const struct train_options *options;
    uint64_t images, steps, resumed_at; /* resumed_at counts when options->resume */
};

MNSP_NODISCARD enum status train_log_start(struct file_log *log, const struct train_log_start *start);
MNSP_NODISCARD enum status train_log_step(struct file_log *log, const struct train_progress *progress);
MNSP_NODISCARD enum status train_log_evaluate(struct file_log *log, uint64_t step,
                                              const struct evaluate_set *set);
/* What was read in the samples that pictures show. */
MNSP_NODISCARD enum status train_log_words(struct file_log *log, uint64_t step,
                                           const struct picture_samples *samples,
                                           const struct recogniser_reading *readings);
MNSP_NODISCARD enum status train_log_checkpoint(struct file_log *log, uint64_t step, const char *path);
/* `count` images could not be used so far. */
MNSP_NODISCARD enum status train_log_skip(struct file_log *log, uint64_t step, enum data_problem problem,
                                          size_t count);
MNSP_NODISCARD enum status train_log_end(struct file_log *log, uint64_t step, double seconds,
                                         const char *reason);

#endif
