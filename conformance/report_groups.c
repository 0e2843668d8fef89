#include "conformance/report_groups.h"

#include "base/memory.h"

bool report_group_has(const struct report_group *group, const struct report_entry *entry) {
    return report_operator_length(entry) == group->length &&
           memcmp(entry->name, group->name, group->length) == 0;
}

static void add(struct report_group *group, const struct report_entry *entry) {
    const struct comparison *const comparison = &entry->result.comparison;
    const double elements = (double)group->elements + (double)comparison->elements;
    if (elements > 0)
        group->mean_ulp = (group->mean_ulp * (double)group->elements +
                           comparison->mean_ulp * (double)comparison->elements) /
                          elements;
    group->cases++;
    group->outcomes[entry->result.outcome]++;
    group->elements += comparison->elements;
    group->device_seconds += entry->result.device_seconds;
    if (comparison->largest_ulp > group->largest_ulp)
        group->largest_ulp = comparison->largest_ulp;
    if (comparison->largest_ratio > group->largest_ratio)
        group->largest_ratio = comparison->largest_ratio;
    for (size_t i = 0; i < COMPARE_BUCKETS; i++)
        group->histogram[i] += comparison->histogram[i];
}

enum status report_groups(struct report_group **groups, size_t *count, const struct report *report) {
    size_t capacity = 0;
    *groups = NULL;
    *count = 0;
    for (size_t i = 0; i < report->count; i++) {
        const struct report_entry *const entry = &report->entries[i];
        size_t g = 0;
        while (g < *count && !report_group_has(&(*groups)[g], entry))
            g++;
        if (g == *count) {
            TRY(memory_reserve(groups, &capacity, *count + 1, sizeof **groups));
            (*groups)[(*count)++] =
                (struct report_group){.name = entry->name, .length = report_operator_length(entry)};
        }
        add(&(*groups)[g], entry);
    }
    return STATUS_OK;
}
