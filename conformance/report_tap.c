#include "conformance/report_tap.h"

/* The text on one line, with the characters escaped that TAP gives a meaning. */
static void add_text(struct buffer *out, const char *text) {
    for (; *text != '\0'; text++)
        if (*text == '#' || *text == '\\')
            buffer_add(out, "\\%c", *text);
        else
            buffer_add(out, "%c", (unsigned char)*text < ' ' ? ' ' : *text);
}

/* A value of the YAML block: in single quotes, which are doubled within. */
static void add_value(struct buffer *out, const char *key, const char *text) {
    buffer_add(out, "  %s: '", key);
    for (; *text != '\0'; text++)
        buffer_add(out, *text == '\'' ? "''" : "%c", (unsigned char)*text < ' ' ? ' ' : *text);
    buffer_add(out, "'\n");
}

static void add_details(struct buffer *out, const struct report_entry *entry) {
    const struct case_result *const result = &entry->result;
    buffer_add(out, "  ---\n");
    add_value(out, "outcome", outcome_name(result->outcome));
    if (result->message[0] != '\0')
        add_value(out, "message", result->message);
    if (result->comparison.elements != 0)
        buffer_add(out, "  of_the_bound: %.3g\n  largest_ulp: %llu\n  mean_ulp: %.3g\n",
                   result->comparison.largest_ratio, (unsigned long long)result->comparison.largest_ulp,
                   result->comparison.mean_ulp);
    if (result->comparison.worst[0] != '\0')
        add_value(out, "worst", result->comparison.worst);
    if (outcome_is_bad(result->outcome))
        add_value(out, "repeat", entry->command != NULL ? entry->command : "");
    buffer_add(out, "  ...\n");
}

static void add_case(struct buffer *out, const struct report_entry *entry, size_t number) {
    const enum outcome outcome = entry->result.outcome;
    const bool ok = !outcome_is_bad(outcome) && outcome != OUTCOME_WAIVER;
    buffer_add(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    add_text(out, entry->name);
    if (outcome == OUTCOME_NOT_SUPPORTED || outcome == OUTCOME_WAIVER) {
        buffer_add(out, " # %s ", outcome == OUTCOME_WAIVER ? "TODO" : "SKIP");
        add_text(out, entry->waiver != NULL ? entry->waiver->link : entry->result.message);
    }
    buffer_add(out, "\n");
    if (outcome != OUTCOME_NOT_SUPPORTED)
        add_details(out, entry);
}

enum status report_tap(struct buffer *out, const struct report *report) {
    const char *const device = json_string_value(json_object_get(report->device, "name"));
    const char *const driver = json_string_value(json_object_get(report->device, "driver"));
    buffer_add(out, "TAP version 14\n1..%zu\n# device %s, driver %s, seed %llu\n", report->count,
               device != NULL ? device : "?", driver != NULL ? driver : "?",
               (unsigned long long)report->seed);
    for (size_t i = 0; i < report->count; i++)
        add_case(out, &report->entries[i], i + 1);
    if (!report->complete)
        buffer_add(out, "Bail out! %s\n", report->note);
    return buffer_status(out);
}
