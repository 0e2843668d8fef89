/* report_groups.h: a report by operators: what their cases have together.
 *
 *     struct report_group *groups;
 *     size_t count;
 *     TRY(report_groups(&groups, &count, report));
 *     ... free(groups);
 */
#ifndef MNSP_CONFORMANCE_REPORT_GROUPS_H
#define MNSP_CONFORMANCE_REPORT_GROUPS_H

#include "conformance/report.h"

struct report_group {
    const char *name; /* the first `length` characters are the operator's name */
    size_t length;
    size_t cases, outcomes[OUTCOME_COUNT];
    uint64_t elements, largest_ulp, histogram[COMPARE_BUCKETS];
    double mean_ulp, largest_ratio;
    double device_seconds; /* the sum over its cases */
};

bool report_group_has(const struct report_group *group, const struct report_entry *entry);

/* In the order in which they first come. *groups is released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_groups(struct report_group **groups, size_t *count,
                                         const struct report *report);

#endif
