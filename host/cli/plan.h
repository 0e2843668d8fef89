/* plan.h: the memory of a training step on the terminal, before anything of it is taken. */
#ifndef MNSP_CLI_PLAN_H
#define MNSP_CLI_PLAN_H

#include "cli/cli.h"

/* Prints what a step of these settings needs, and what it would need in more parts and with recomputation. */
MNSP_NODISCARD enum status cli_plan(const struct settings *settings, struct gpu_device *device);

#endif
