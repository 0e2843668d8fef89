/* console.h: what a run tells whoever watches: a line per bad case, how far it is, and the sum at the end. */
#ifndef MNSP_CONFORMANCE_CONSOLE_H
#define MNSP_CONFORMANCE_CONSOLE_H

#include "conformance/report.h"

#include <stdio.h>

struct console {
    FILE *file;
    bool progress; /* a line of progress on standard error */
    bool measure;  /* a line for every case */
    double started, shown;
    size_t done, total, bad; /* of this round */
};

void console_begin(struct console *console, const struct report *report, unsigned workers, size_t cases);
/* A case is done, with the command that repeats it. */
void console_case(struct console *console, const char *name, const struct case_result *result,
                  const char *command);
void console_end(struct console *console, const struct report *report);

#endif
