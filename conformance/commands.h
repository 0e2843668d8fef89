/* commands.h: what mnsp-conformance does with reports that are there: diff, convert and matrix. */
#ifndef MNSP_CONFORMANCE_COMMANDS_H
#define MNSP_CONFORMANCE_COMMANDS_H

#include "base/status.h"

#include <stdbool.h>

/* Whether the first argument names one of them. */
bool command_is_known(const char *name);

/* Runs it; sets *bad when the new report has failures that the old one has not. Errors: STATUS_USAGE, also
 * for a report that cannot be read or written. */
MNSP_NODISCARD enum status command_run(bool *bad, int count, char **values);

#endif
