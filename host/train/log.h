/* log.h: the log of a run, log.jsonl: one JSON object a line (spec/files.md). */
#ifndef MNSP_TRAIN_LOG_H
#define MNSP_TRAIN_LOG_H

#include "base/file.h"
#include "train/trainer.h"

/* Appends the line of a step: step, epoch, loss and its terms, rate, gradient norm, images per second. A
 * number that is not finite is written as null. */
MNSP_NODISCARD enum status train_log_step(struct file_log *log, const struct train_progress *progress);

#endif
