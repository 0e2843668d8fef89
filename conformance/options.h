/* options.h: the command line of mnsp-conformance. */
#ifndef MNSP_CONFORMANCE_OPTIONS_H
#define MNSP_CONFORMANCE_OPTIONS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
    const char *device; /* NULL: the best one */
    const char *filter; /* NULL: every case */
    const char *format; /* of the report: "standard", "tap" or "xml" */
    uint64_t seed;
    bool list, validate, measure, help;
};

extern const char options_help[];

/* Reads the command line. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status options_parse(struct options *out, int count, char **values);

#endif
