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
        {"resume", NULL,                                                                                     \
         "go on from RUN/last.safetensors, bit for bit, with the images the run was started with unless "    \
         "others are named"},                                                                                \
        {"plan", NULL, "print how much memory a step needs, also with other settings, and leave"},           \
        CLI_DEVICE_OPTIONS

/* The settings of a run: those of its checkpoint when it is resumed, otherwise of the preset, given or as
 * here (or NULL), on top of what `settings` holds; with the options on top. */
MNSP_NODISCARD enum status cli_training_settings(const struct cli_values *values, const char *preset,
                                                 struct settings *settings);

/* Fills in data, out, resume and device, runs, and says how it goes; or shows the plan,
 * where it is asked for. */
MNSP_NODISCARD enum status cli_train(const struct cli_values *values, const struct settings *settings,
                                     struct train_options *options);

#endif
