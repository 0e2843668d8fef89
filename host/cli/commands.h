/* commands.h: every command, for main.c and for the completion of shells. */
#ifndef MNSP_CLI_COMMANDS_H
#define MNSP_CLI_COMMANDS_H

#include "cli/cli.h"

/* Ends with NULL. */
extern const struct cli_command *const cli_commands[];

#endif
