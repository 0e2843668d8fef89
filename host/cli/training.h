/* training.h: what `mnsp pretrain` and `mnsp finetune` share: they differ in what they accept and check. */
#ifndef MNSP_CLI_TRAINING_H
#define MNSP_CLI_TRAINING_H

#include "cli/cli.h"
#include "train/trainer.h"

#define CLI_TRAINING_OPTIONS                                                                                 \
    {"data", "SOURCE",                                                                                       \
     "images to train on: a folder with labels.tsv, a folder of images, an LMDB, or "                        \
     "render:count=N,seed=S; may be given several times, and end in @W: W times in an epoch"},               \
        {"out", "RUN", "the run's folder: settings, log, checkpoints, pictures"},                            \
        {"resume", NULL, "go on from RUN/last.safetensors, bit for bit"}, CLI_DEVICE_OPTIONS

/* Fills in data, out, resume and device, takes the settings of the checkpoint when resuming, runs, and says
 * how it goes. */
MNSP_NODISCARD enum status cli_train(const struct cli_values *values, struct settings *settings,
                                     struct train_options *options);

#endif
