#include "cli/training.h"

static const struct cli_option options[] = {
    CLI_TRAINING_OPTIONS,
    {"teacher", "FILE", "lmim, mnsp: the checkpoint whose encoder is the teacher, such as an MAE's"},
    {"init", "FILE", "start from the encoder of this checkpoint instead of random weights"},
    {0},
};

static enum status run(const struct cli_values *values) {
    struct settings settings;
    settings_defaults(&settings);
    TRY(cli_training_settings(values, NULL, &settings));
    struct train_options train = {.teacher = cli_text(values, "teacher"), .init = cli_text(values, "init")};
    if (settings.objective == SETTINGS_OBJECTIVE_RECOGNITION)
        return status_set(STATUS_USAGE,
                          "the objective recognition is for 'mnsp finetune'; choose mae, lmim or mnsp");
    return cli_train(values, &settings, &train);
}

const struct cli_command command_pretrain = {
    .name = "pretrain",
    .operands = "",
    .summary = "pre-train an encoder on word images without labels",
    .example = "mnsp pretrain --preset mnsp-small --teacher mae/last.safetensors --data words --out run",
    .options = options,
    .settings = true,
    .run = run,
};
