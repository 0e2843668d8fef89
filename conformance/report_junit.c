#include "conformance/report_junit.h"

static double seconds_of(const struct case_result *result) {
    double seconds = 0;
    for (enum phase phase = 0; phase < PHASE_COUNT; phase++)
        seconds += result->seconds[phase];
    return seconds;
}

static bool is_error(enum outcome outcome) {
    return outcome == OUTCOME_INTERNAL_ERROR || outcome == OUTCOME_RESOURCE_ERROR;
}

static bool is_skipped(enum outcome outcome) {
    return outcome == OUTCOME_NOT_SUPPORTED || outcome == OUTCOME_WAIVER;
}

static void add_attribute(struct buffer *out, const char *name, const char *value) {
    buffer_add(out, " %s=\"", name);
    buffer_add_xml(out, value);
    buffer_add(out, "\"");
}

static void add_message(struct buffer *out, const char *element, const struct report_entry *entry) {
    const struct case_result *const result = &entry->result;
    buffer_add(out, "   <%s", element);
    add_attribute(out, "message", result->message);
    if (is_skipped(result->outcome)) {
        buffer_add(out, "/>\n");
        return;
    }
    add_attribute(out, "type", outcome_name(result->outcome));
    buffer_add(out, ">repeat: ");
    buffer_add_xml(out, entry->command != NULL ? entry->command : "");
    buffer_add(out, "\n</%s>\n", element);
}

static void add_measurements(struct buffer *out, const struct report_entry *entry) {
    const struct comparison *const comparison = &entry->result.comparison;
    buffer_add(out, "   <system-out>%s, %.3g of the bound, at most %llu ULP, %.3g on average",
               outcome_name(entry->result.outcome), comparison->largest_ratio,
               (unsigned long long)comparison->largest_ulp, comparison->mean_ulp);
    if (comparison->worst[0] != '\0') {
        buffer_add(out, "; worst ");
        buffer_add_xml(out, comparison->worst);
    }
    buffer_add(out, "</system-out>\n");
}

static void add_case(struct buffer *out, const struct report_entry *entry) {
    const enum outcome outcome = entry->result.outcome;
    const size_t length = report_operator_length(entry);
    buffer_add(out, "  <testcase classname=\"%.*s\"", (int)length, entry->name);
    add_attribute(out, "name", entry->name);
    buffer_add(out, " time=\"%.6f\">\n", seconds_of(&entry->result));
    if (is_error(outcome))
        add_message(out, "error", entry);
    else if (outcome_is_bad(outcome))
        add_message(out, "failure", entry);
    else if (is_skipped(outcome))
        add_message(out, "skipped", entry);
    if (entry->result.comparison.elements != 0)
        add_measurements(out, entry);
    if (entry->output != NULL && entry->output[0] != '\0') {
        buffer_add(out, "   <system-err>");
        buffer_add_xml(out, entry->output);
        buffer_add(out, "</system-err>\n");
    }
    buffer_add(out, "  </testcase>\n");
}

static void add_properties(struct buffer *out, const struct report *report) {
    static const char *const keys[] = {"name",        "driver", "driver_version", "vendor_id", "device_id",
                                       "api_version", "type"};
    buffer_add(out, "  <properties>\n   <property name=\"seed\" value=\"%llu\"/>\n",
               (unsigned long long)report->seed);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *const value = json_string_value(json_object_get(report->device, keys[i]));
        buffer_add(out, "   <property name=\"%s\"", keys[i]);
        add_attribute(out, "value", value != NULL ? value : "");
        buffer_add(out, "/>\n");
    }
    buffer_add(out, "  </properties>\n");
}

enum status report_junit(struct buffer *out, const struct report *report) {
    size_t errors = 0, skipped = 0;
    for (size_t i = 0; i < report->count; i++) {
        errors += is_error(report->entries[i].result.outcome);
        skipped += is_skipped(report->entries[i].result.outcome);
    }
    buffer_add(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n <testsuite "
               "name=\"mnsp-conformance\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
               "time=\"%.3f\"",
               report->count, report_bad(report) - errors, errors, skipped, report->seconds);
    add_attribute(out, "timestamp", report->started);
    buffer_add(out, ">\n");
    add_properties(out, report);
    for (size_t i = 0; i < report->count; i++)
        add_case(out, &report->entries[i]);
    buffer_add(out, " </testsuite>\n</testsuites>\n");
    return buffer_status(out);
}
