/* data.h: what the commands `mnsp data ...` share: their sources and progress. */
#ifndef MNSP_CLI_DATA_H
#define MNSP_CLI_DATA_H

#include "cli/cli.h"
#include "data/source.h"

/* The sources that the operands name, all but the last `others` of them. Errors:
 * STATUS_USAGE when there is none. */
MNSP_NODISCARD enum status cli_data_open(const struct cli_values *values, size_t others,
                                         struct data_set **set);

/* A line on the terminal: how many of how many, how fast, how long still. */
struct cli_progress {
    size_t of;
    double start;
    double shown; /* seconds from the start at which the line was last written */
    const volatile sig_atomic_t *stop;
};
/* From here on, SIGINT and SIGTERM make cli_progress_step() fail, so that what was begun is cleaned up. */
struct cli_progress cli_progress_start(size_t of);
/* A callback of the data room; `context` is the progress. Errors: STATUS_IO after a signal. */
enum status cli_progress_step(void *context, size_t done);
/* Clears the line and returns the seconds since the start. */
double cli_progress_end(const struct cli_progress *progress);

#endif
