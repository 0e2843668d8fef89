#include "conformance/report_html.h"

#include "base/html.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_CARDS = 200 };

static const char *fact(const struct report *report, const char *key) {
    const char *const text = json_string_value(json_object_get(report->device, key));
    return text != NULL ? text : "?";
}

void report_html_badge(struct buffer *out, enum outcome outcome) {
    buffer_add(out, "<span class=\"badge\" style=\"--shade:var(--%s)\">%s</span>", outcome_name(outcome),
               outcome_name(outcome));
}

/* ---- the head ---- */

static void add_head(struct buffer *out, const struct report *report) {
    char title[256];
    snprintf(title, sizeof title, "Conformance of %s", fact(report, "name"));
    html_begin(out, title, report_html_style);
    buffer_add(out, "<p class=\"soft\">");
    buffer_add_xml(out, fact(report, "driver"));
    buffer_add(out, ", tested by mnsp-conformance ");
    buffer_add_xml(out, report->version);
    buffer_add(out, " on %.10s</p>\n", report->started);
}

static void add_verdict(struct buffer *out, const struct report *report) {
    const size_t bad = report_bad(report);
    size_t outcomes[OUTCOME_COUNT];
    const char *const shade = bad != 0 ? "Fail" : report->complete ? "Pass" : "QualityWarning";
    buffer_add(out, "<div class=\"verdict\" style=\"--shade:var(--%s)\"><b>", shade);
    if (bad != 0)
        buffer_add(out, "%zu of %zu cases ended badly", bad, report->count);
    else
        buffer_add(out, "None of %zu cases ended badly", report->count);
    buffer_add(out, "</b>\n");
    if (!report->complete) {
        buffer_add(out, "<p>The run is not complete: ");
        buffer_add_xml(out, report->note);
        buffer_add(out, "</p>\n");
    }
    buffer_add(out, "<div class=\"counts\">");
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++) {
        outcomes[outcome] = report_outcomes(report, outcome);
        if (outcomes[outcome] == 0)
            continue;
        buffer_add(out, "<span>");
        report_html_badge(out, outcome);
        buffer_add(out, " %zu</span>", outcomes[outcome]);
    }
    buffer_add(out, "</div>\n<p>");
    report_html_outcome_bar(out, outcomes, 1060);
    buffer_add(out, "</p></div>\n");
}

/* A limit or a feature of the device, as JSON has it. */
static void add_value(struct buffer *out, const char *key, const json_t *value) {
    if (json_is_string(value))
        html_fact(out, key, json_string_value(value));
    else if (json_is_boolean(value))
        html_fact(out, key, json_is_true(value) ? "yes" : "no");
    else if (json_is_integer(value))
        buffer_add(out, "<dt>%s</dt><dd>%lld</dd>", key, (long long)json_integer_value(value));
}

static void add_device(struct buffer *out, const struct report *report) {
    static const char *const first[] = {"name",      "driver",    "driver_version",
                                        "vendor_id", "device_id", "api_version"};
    buffer_add(out, "<h2>Device and run</h2>\n<dl>");
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        html_fact(out, first[i], fact(report, first[i]));
    html_fact(out, "set", report->set);
    if (report->filter != NULL)
        html_fact(out, "filter", report->filter);
    if (report->parts != 0)
        buffer_add(out, "<dt>part</dt><dd>%u of %u</dd>", report->part, report->parts);
    buffer_add(out, "<dt>seed</dt><dd>%llu%s</dd><dt>rounds</dt><dd>%llu</dd><dt>time</dt><dd>%.1f s</dd>",
               (unsigned long long)report->seed, report->validate ? ", under the validation layer" : "",
               (unsigned long long)report->rounds, report->seconds);
    html_fact(out, "started", report->started);
    buffer_add(out, "</dl>\n<details><summary>Limits and features</summary><dl>");
    const char *key;
    json_t *value;
    json_object_foreach(report->device, key, value) {
        add_value(out, key, value);
    }
    buffer_add(out, "</dl></details>\n");
}

/* ---- what is not well ---- */

static const char bundle_advice[] =
    "<p class=\"soft\">Each command repeats its case. With <code>--bundle FOLDER</code> it writes a program "
    "that "
    "shows the failure without mnsp, together with the shader, the inputs and the expected outputs.</p>\n";

static void add_card(struct buffer *out, const struct report_entry *entry) {
    const struct case_result *const result = &entry->result;
    buffer_add(out, "<div class=\"card\" style=\"--shade:var(--%s)\">", outcome_name(result->outcome));
    report_html_badge(out, result->outcome);
    buffer_add(out, " <span class=\"name\">");
    buffer_add_xml(out, entry->name);
    buffer_add(out, "</span>\n<p>");
    buffer_add_xml(out, result->message);
    buffer_add(out, "</p>\n");
    if (entry->waiver != NULL) {
        buffer_add(out, "<p>waived %s: ", outcome_name(entry->waived));
        buffer_add_xml(out, entry->waiver->reason);
        buffer_add(out, " (<a href=\"");
        buffer_add_xml(out, entry->waiver->link);
        buffer_add(out, "\">");
        buffer_add_xml(out, entry->waiver->link);
        buffer_add(out, "</a>)</p>\n");
    }
    buffer_add(out, "<pre class=\"command\">");
    buffer_add_xml(out, entry->command != NULL ? entry->command : "");
    buffer_add(out, "</pre>\n");
    if (entry->output != NULL && entry->output[0] != '\0') {
        buffer_add(out, "<details><summary>What the process printed</summary><pre>");
        buffer_add_xml(out, entry->output);
        buffer_add(out, "</pre></details>\n");
    }
    buffer_add(out, "</div>\n");
}

/* The cases with outcomes from `gravest` down to `mildest`, each with its command. `advice` is HTML. */
static void add_cards(struct buffer *out, const struct report *report, const char *title, const char *advice,
                      enum outcome gravest, enum outcome mildest) {
    size_t count = 0, shown = 0;
    for (enum outcome outcome = mildest; outcome <= gravest; outcome++)
        count += report_outcomes(report, outcome);
    if (count == 0)
        return;
    buffer_add(out, "<h2>%s</h2>\n%s", title, advice);
    for (int outcome = (int)gravest; outcome >= (int)mildest; outcome--)
        for (size_t i = 0; i < report->count && shown < MOST_CARDS; i++)
            if (report->entries[i].result.outcome == (enum outcome)outcome) {
                add_card(out, &report->entries[i]);
                shown++;
            }
    if (shown < count)
        buffer_add(out, "<p class=\"soft\">and %zu more, which are in the JSON report</p>\n", count - shown);
}

static void add_waivers(struct buffer *out, const struct report *report) {
    const char *const intro = "<h2>Waivers to look after</h2>\n<ul>\n";
    bool begun = false;
    for (size_t i = 0; i < report->waivers.count; i++) {
        const struct waiver *const waiver = &report->waivers.list[i];
        if (waiver->state != WAIVER_EXPIRED && waiver->state != WAIVER_UNUSED)
            continue;
        buffer_add(out, "%s<li><span class=\"name\">", begun ? "" : intro);
        begun = true;
        buffer_add_xml(out, waiver->case_glob);
        buffer_add(out, "</span>: %s, <a href=\"", waiver_state_name(waiver->state));
        buffer_add_xml(out, waiver->link);
        buffer_add(out, "\">");
        buffer_add_xml(out, waiver->reason);
        buffer_add(out, "</a></li>\n");
    }
    if (begun)
        buffer_add(out, "</ul>\n");
}

enum status report_html(struct buffer *out, const struct report *report) {
    struct report_group *groups;
    size_t count;
    TRY(report_groups(&groups, &count, report));
    add_head(out, report);
    add_verdict(out, report);
    add_cards(out, report, "Failures", bundle_advice, OUTCOME_CRASH, OUTCOME_RESOURCE_ERROR);
    add_waivers(out, report);
    buffer_add(out, "<h2>Errors</h2>\n");
    report_html_error_plot(out, report, groups, count);
    report_html_operators(out, report, groups, count);
    add_cards(out, report, "Waived and suspicious", "", OUTCOME_WAIVER, OUTCOME_QUALITY_WARNING);
    add_device(out, report);
    html_end(out);
    free(groups);
    return buffer_status(out);
}
