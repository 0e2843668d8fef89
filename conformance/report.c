#include "conformance/report.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static enum status add_entry(struct report *report, const char *name, size_t order) {
    TRY(memory_reserve(&report->entries, &report->capacity, report->count + 1, sizeof *report->entries));
    struct report_entry *const entry = &report->entries[report->count];
    *entry = (struct report_entry){.order = order};
    TRY(memory_copy_text(&entry->name, name));
    if (report->index == NULL)
        report->index = json_object();
    if (json_object_set_new(report->index, name, json_integer((json_int_t)report->count)) != 0) {
        free(entry->name);
        return status_set(STATUS_MEMORY, "out of memory while collecting results");
    }
    report->count++;
    return STATUS_OK;
}

/* What a graver round brings, with the measurements of both. */
static enum status take(struct report_entry *entry, uint64_t seed, const struct case_result *result,
                        const char *output) {
    char *copy;
    TRY(memory_copy_text(&copy, output));
    free(entry->output);
    entry->output = copy;
    entry->seed = seed;
    entry->result = *result;
    return STATUS_OK;
}

static bool is_graver(const struct case_result *a, const struct case_result *b) {
    if (a->outcome != b->outcome)
        return a->outcome > b->outcome;
    return a->comparison.largest_ratio > b->comparison.largest_ratio;
}

/* Rounds overlap: of two that are alike the earlier one counts, whichever ended first. */
static bool goes_before(const struct case_result *result, uint64_t seed, const struct report_entry *entry) {
    if (is_graver(result, &entry->result) || is_graver(&entry->result, result))
        return is_graver(result, &entry->result);
    return seed < entry->seed;
}

static void merge(struct case_result *kept, const struct case_result *other) {
    struct comparison *const a = &kept->comparison;
    const struct comparison *const b = &other->comparison;
    const double elements = (double)a->elements + (double)b->elements;
    if (elements > 0)
        a->mean_ulp = (a->mean_ulp * (double)a->elements + b->mean_ulp * (double)b->elements) / elements;
    a->elements += b->elements;
    a->failures += b->failures;
    a->largest_ulp = a->largest_ulp > b->largest_ulp ? a->largest_ulp : b->largest_ulp;
    for (size_t i = 0; i < COMPARE_BUCKETS; i++)
        a->histogram[i] += b->histogram[i];
    if (kept->device_seconds == 0 ||
        (other->device_seconds > 0 && other->device_seconds < kept->device_seconds))
        kept->device_seconds = other->device_seconds;
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        kept->seconds[phase] += other->seconds[phase];
}

enum status report_add(struct report *report, const char *name, size_t order, uint64_t seed,
                       const struct case_result *result, const char *output) {
    const json_t *const place = report->index != NULL ? json_object_get(report->index, name) : NULL;
    size_t number = report->count;
    if (place != NULL)
        number = (size_t)json_integer_value(place);
    else
        TRY(add_entry(report, name, order));
    struct report_entry *const entry = &report->entries[number];
    if (entry->rounds++ == 0)
        return take(entry, seed, result, output);
    if (!goes_before(result, seed, entry)) {
        merge(&entry->result, result);
        return STATUS_OK;
    }
    const struct case_result old = entry->result;
    TRY(take(entry, seed, result, output));
    merge(&entry->result, &old);
    return STATUS_OK;
}

static int compare_order(const void *a, const void *b) {
    const struct report_entry *const x = a, *const y = b;
    return (x->order > y->order) - (x->order < y->order);
}

void report_sort(struct report *report) {
    if (report->count != 0)
        qsort(report->entries, report->count, sizeof *report->entries, compare_order);
}

void report_destroy(struct report *report) {
    for (size_t i = 0; i < report->count; i++) {
        free(report->entries[i].name);
        free(report->entries[i].output);
        free(report->entries[i].command);
    }
    free(report->entries);
    free(report->set);
    free(report->filter);
    free(report->version);
    free(report->started);
    free(report->note);
    json_decref(report->device);
    json_decref(report->index);
    waivers_destroy(&report->waivers);
    *report = (struct report){0};
}

size_t report_outcomes(const struct report *report, enum outcome outcome) {
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += report->entries[i].result.outcome == outcome;
    return count;
}

size_t report_bad(const struct report *report) {
    size_t count = 0;
    for (size_t i = 0; i < report->count; i++)
        count += outcome_is_bad(report->entries[i].result.outcome);
    return count;
}

size_t report_operator_length(const struct report_entry *entry) {
    return strcspn(entry->name, "/");
}
