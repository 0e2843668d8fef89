/* child.h: a worker process as the runner sees it: started, spoken to, listened to, ended.
 *
 * What the process prints, its driver included, is kept: the last CHILD_OUTPUT bytes since the last
 * child_clear_output().
 */
#ifndef MNSP_CONFORMANCE_CHILD_H
#define MNSP_CONFORMANCE_CHILD_H

#include "conformance/channel.h"

#include <sys/types.h>

enum { CHILD_OUTPUT = 4096, CHILD_END_TEXT = 128 };

struct child {
    pid_t process; /* 0: none */
    struct channel channel;
    int output; /* of the process: a pipe */
    char printed[CHILD_OUTPUT + 1];
    size_t printed_count;
};

/* Starts `program`, NULL for the running one, as a worker. Errors: STATUS_IO. */
MNSP_NODISCARD enum status child_start(struct child *child, const char *program);

/* Takes in what the process has printed. */
void child_collect_output(struct child *child);
void child_clear_output(struct child *child);

/* What it printed as UTF-8 without control characters, lines kept; "" when nothing. Released with free().
 * Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status child_output_text(char **out, const struct child *child);

/* Waits for a process that closed its socket, or kills it, and releases all; `how` says in words how it
 * ended: "ended by signal 11 (Segmentation fault)". Does nothing when there is none. */
void child_await(struct child *child, char how[CHILD_END_TEXT]);
void child_kill(struct child *child);

#endif
