/* outcome.h: how a case ended, and whether that is well.
 *
 * The words are those of reports, waivers and the command line: they must not change.
 */
#ifndef MNSP_CONFORMANCE_OUTCOME_H
#define MNSP_CONFORMANCE_OUTCOME_H

#include <stdbool.h>

/* In ascending order of gravity: of several runs of a case the gravest outcome counts. */
enum outcome {
    OUTCOME_PASS,
    OUTCOME_NOT_SUPPORTED,   /* the device's limits or features do not allow it */
    OUTCOME_QUALITY_WARNING, /* right, but an element is above half of its bound */
    OUTCOME_WAIVER,          /* bad, and known: see waiver.h */
    OUTCOME_RESOURCE_ERROR,  /* out of host or device memory */
    OUTCOME_INTERNAL_ERROR,  /* a defect of the suite */
    OUTCOME_FAIL,            /* a wrong result, or an error that the driver reported */
    OUTCOME_DEVICE_LOST,
    OUTCOME_TIMEOUT, /* a time limit was exceeded */
    OUTCOME_CRASH,   /* the process ended */
    OUTCOME_COUNT
};

/* "Pass", "QualityWarning", ... */
const char *outcome_name(enum outcome outcome);

/* The outcome of that name, or OUTCOME_COUNT. */
enum outcome outcome_by_name(const char *name);

/* Whether it makes the run fail (exit status 1). */
bool outcome_is_bad(enum outcome outcome);

#endif
