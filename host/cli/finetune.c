#include "cli/training.h"

#include "train/weights.h"

#include <string.h>

static const struct cli_option options[] = {
    CLI_TRAINING_OPTIONS,
    {"init", "FILE", "start from this checkpoint: the encoder of a pre-training, or a whole recogniser"},
    {"validation", "SOURCE", "labelled images to score on while training; may be given several times"},
    {0},
};

/* The encoder has the sizes of the one it starts from, which an option cannot change. */
static enum status sizes_from(const struct cli_values *values, struct settings *settings, const char *init) {
    struct safetensors *file;
    TRY(safetensors_open(&file, init));
    const enum status status = weights_encoder_settings(settings, file);
    safetensors_close(file);
    TRY(status);
    struct settings asked = *settings;
    TRY(cli_override(values, &asked));
    for (size_t i = 0; i < settings_count(); i++) {
        char here[SETTINGS_TEXT_SIZE], there[SETTINGS_TEXT_SIZE];
        const struct setting *const row = &settings_table()[i];
        settings_format(&asked, row, here);
        settings_format(settings, row, there);
        if (strcmp(here, there) != 0)
            return status_set(STATUS_USAGE,
                              "setting '%s' is %s, but %s, the encoder to start from, has %s; "
                              "leave the option out",
                              row->name, here, init, there);
    }
    return STATUS_OK;
}

static enum status run(const struct cli_values *values) {
    struct settings settings;
    settings_defaults(&settings);
    settings.objective = SETTINGS_OBJECTIVE_RECOGNITION;
    TRY(cli_training_settings(values, command_finetune.preset, &settings));
    struct train_options train = {.init = cli_text(values, "init")};
    if (settings.objective != SETTINGS_OBJECTIVE_RECOGNITION) {
        char objective[SETTINGS_TEXT_SIZE];
        settings_format(&settings, settings_find("objective"), objective);
        return status_set(STATUS_USAGE,
                          "the objective %s is for 'mnsp pretrain'; leave it out, or choose a "
                          "preset of a recogniser",
                          objective);
    }
    if (!cli_given(values, "resume") && train.init != NULL)
        TRY(sizes_from(values, &settings, train.init));
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
    .preset = "recogniser-small",
    .run = run,
};
