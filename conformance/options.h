/* options.h: the command line of mnsp-conformance. */
#ifndef MNSP_CONFORMANCE_OPTIONS_H
#define MNSP_CONFORMANCE_OPTIONS_H

#include "conformance/inject.h"
#include "conformance/pool.h"
#include "conformance/selection.h"

struct options {
    const char *device; /* NULL: the best one */
    struct selection_options selection;
    uint64_t rounds;     /* of --repeat */
    double soak_seconds; /* 0: not a soak */
    struct pool_limits limits;
    unsigned workers;                      /* 0: as pool.h chooses */
    const char *waivers;                   /* a file; NULL: the built-in one; "": none */
    const char *json, *junit, *tap, *html; /* where to write reports, NULL: nowhere */
    const char *bundle;                    /* folder to be made; NULL: none */
    const char *format;                    /* of cmocka's report: "standard", "tap" or "xml" */
    struct injections injections;
    bool list, compile, validate, measure, in_process, mutants, help, version;
};

extern const char options_help[];

/* Reads the command line. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status options_parse(struct options *out, int count, char **values);

#endif
