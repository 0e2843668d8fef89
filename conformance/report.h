/* report.h: what a run found out, as data. The forms that it is written in: report_json.h, report_junit.h,
 * report_tap.h, report_html.h.
 *
 *     struct report report = {0};
 *     TRY(report_add(&report, name, order, seed, &result, output));     once per case and round
 *     ... report.entries[i].result.outcome ...
 *     report_destroy(&report);
 */
#ifndef MNSP_CONFORMANCE_REPORT_H
#define MNSP_CONFORMANCE_REPORT_H

#include "conformance/result.h"
#include "conformance/waiver.h"

/* A case, with the gravest of its rounds. */
struct report_entry {
    char *name;
    size_t order; /* its place in the report */
    uint64_t seed;
    unsigned rounds;
    struct case_result result;
    char *output;  /* what its process printed; "" when nothing */
    char *command; /* the one that repeats it */
    const struct waiver *waiver;
    enum outcome waived; /* the outcome that the waiver replaced */
};

struct report {
    json_t *device; /* device_facts.h */
    char *set, *filter;
    uint32_t part, parts;
    uint64_t seed;
    uint64_t rounds;
    bool validate;
    char *version, *started; /* of this program; "2025-01-31T13:45:00Z" */
    double seconds;
    bool complete; /* false: interrupted, or the driver died for good */
    char *note;    /* why it is not complete; "" */
    struct report_entry *entries;
    size_t count, capacity;
    json_t *index; /* name -> number of the entry */
    struct waivers waivers;
};

/* Adds a result, or merges it with that of an earlier round of the case. `order` is where a new case is to
 * stand. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_add(struct report *report, const char *name, size_t order, uint64_t seed,
                                      const struct case_result *result, const char *output);

/* Puts the cases in order, however they came in; afterwards nothing can be added. */
void report_sort(struct report *report);
void report_destroy(struct report *report);

size_t report_outcomes(const struct report *report, enum outcome outcome);
/* Cases whose outcome makes the run fail. */
size_t report_bad(const struct report *report);

/* The length of the first part of an entry's name: its operator's, or its group's. */
size_t report_operator_length(const struct report_entry *entry);

#endif
