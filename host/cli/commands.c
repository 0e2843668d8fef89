#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &command_devices,    &command_pretrain,    &command_finetune,   &command_eval,
    &command_read,       &command_replay,      &command_inspect,    &command_export,
    &command_bench,      &command_profile,     &command_data_check, &command_data_convert,
    &command_data_split, &command_data_render, &command_completion, NULL,
};
