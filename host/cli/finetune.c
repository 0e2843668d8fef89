#include "cli/training.h"

#include "train/weights.h"

static const struct cli_option options[] = {
    CLI_TRAINING_OPTIONS,
    {"init", "FILE", "start from this checkpoint: the encoder of a pre-training, or a whole recogniser"},
    {"validation", "SOURCE", "labelled images to score on while training; may be given several times"},
    {0},
};

/* The encoder has the sizes of the one it starts from. */
static enum status sizes_from(struct settings *settings, const char *init) {
    struct safetensors *file;
    TRY(safetensors_open(&file, init));
    const enum status status = weights_encoder_settings(settings, file);
    safetensors_close(file);
    return status;
}

static enum status run(const struct cli_values *values) {
    struct settings settings;
    TRY(cli_training_settings(values, "recogniser-small", &settings));
    struct train_options train = {.init = cli_text(values, "init")};
    if (!cli_given(values, "resume")) {
        settings.objective = SETTINGS_OBJECTIVE_RECOGNITION;
        if (train.init != NULL)
            TRY(sizes_from(&settings, train.init));
    }
    train.validation = cli_all(values, "validation", &train.validation_count);
    return cli_train(values, &settings, &train);
}

const struct cli_command command_finetune = {
    .name = "finetune",
    .operands = "",
    .summary = "train a recogniser on labelled word images, from a pre-trained encoder",
    .example = "mnsp finetune --init run/last.safetensors --data words --out recogniser",
    .options = options,
    .settings = true,
    .run = run,
};
