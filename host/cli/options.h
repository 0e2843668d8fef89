/* options.h: running a command with its words; for main.c. */
#ifndef MNSP_CLI_OPTIONS_H
#define MNSP_CLI_OPTIONS_H

#include "cli/cli.h"

/* Parses words[1 ...] by the command's options and runs it; with --help, prints its help instead. */
MNSP_NODISCARD enum status cli_run(const struct cli_command *command, int count, char **words);

/* Reads a preset by its name or path, on top of what `settings` holds. */
MNSP_NODISCARD enum status cli_load_preset(const char *name, struct settings *settings);

void cli_print_help(const struct cli_command *command);

/* Whether the command has an option of its own by the name of a setting; --help and --preset are of all. */
bool cli_is_own(const struct cli_command *command, const char *name);

#endif
