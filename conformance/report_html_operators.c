#include "conformance/report_html.h"

enum { MOST_CASES = 500 }; /* of an operator's list; a long soak has many more */

static void add_time(struct buffer *out, double seconds) {
    if (seconds <= 0)
        buffer_add(out, "<td class=\"number soft\">-</td>");
    else if (seconds < 1e-3)
        buffer_add(out, "<td class=\"number\">%.3g \u00b5s</td>", seconds * 1e6);
    else
        buffer_add(out, "<td class=\"number\">%.3g ms</td>", seconds * 1e3);
}

static void add_errors(struct buffer *out, uint64_t elements, double ratio, uint64_t largest, double mean) {
    if (elements == 0)
        buffer_add(out, "<td class=\"number soft\">-</td><td class=\"number soft\">-</td><td class=\"number "
                        "soft\">-</td>");
    else
        buffer_add(
            out, "<td class=\"number\">%.3g</td><td class=\"number\">%llu</td><td class=\"number\">%.3g</td>",
            ratio, (unsigned long long)largest, mean);
}

static void add_row(struct buffer *out, const struct report_group *group) {
    buffer_add(out, "<tr><td><a href=\"#%.*s\">%.*s</a></td><td class=\"number\">%zu</td><td>",
               (int)group->length, group->name, (int)group->length, group->name, group->cases);
    report_html_outcome_bar(out, group->outcomes, 160);
    buffer_add(out, "</td>");
    add_errors(out, group->elements, group->largest_ratio, group->largest_ulp, group->mean_ulp);
    add_time(out, group->device_seconds);
    buffer_add(out, "</tr>\n");
}

static void add_case(struct buffer *out, const struct report_entry *entry) {
    const struct comparison *const comparison = &entry->result.comparison;
    buffer_add(out, "<tr><td>");
    report_html_badge(out, entry->result.outcome);
    buffer_add(out, "</td><td class=\"name\">");
    buffer_add_xml(out, strchr(entry->name, '/') != NULL ? strchr(entry->name, '/') + 1 : entry->name);
    if (comparison->worst[0] != '\0') {
        buffer_add(out, "<br><span class=\"soft\">worst ");
        buffer_add_xml(out, comparison->worst);
        buffer_add(out, "</span>");
    } else if (entry->result.message[0] != '\0') {
        buffer_add(out, "<br><span class=\"soft\">");
        buffer_add_xml(out, entry->result.message);
        buffer_add(out, "</span>");
    }
    buffer_add(out, "</td>");
    add_errors(out, comparison->elements, comparison->largest_ratio, comparison->largest_ulp,
               comparison->mean_ulp);
    add_time(out, entry->result.device_seconds);
    buffer_add(out, "</tr>\n");
}

/* Those that did not simply pass come first. */
static void add_cases(struct buffer *out, const struct report *report, const struct report_group *group) {
    size_t listed = 0;
    buffer_add(out, "<div class=\"wide\"><table><tr><th>outcome</th><th>case</th><th class=\"number\">of the "
                    "bound</th><th class=\"number\">largest ULP</th><th class=\"number\">mean ULP</th><th "
                    "class=\"number\">device time</th></tr>\n");
    for (int passed = 0; passed < 2; passed++)
        for (size_t i = 0; i < report->count && listed < MOST_CASES; i++) {
            const struct report_entry *const entry = &report->entries[i];
            if (!report_group_has(group, entry) || (entry->result.outcome == OUTCOME_PASS) != passed)
                continue;
            add_case(out, entry);
            listed++;
        }
    buffer_add(out, "</table></div>\n");
    if (listed < group->cases)
        buffer_add(out, "<p class=\"soft\">and %zu more, which are in the JSON report</p>\n",
                   group->cases - listed);
}

void report_html_operators(struct buffer *out, const struct report *report, const struct report_group *groups,
                           size_t count) {
    buffer_add(out, "<h2>Operators</h2>\n<div class=\"wide\"><table><tr><th>operator</th><th "
                    "class=\"number\">cases</th><th>outcomes</th><th class=\"number\">of the bound</th><th "
                    "class=\"number\">largest ULP</th><th class=\"number\">mean ULP</th><th "
                    "class=\"number\">device time</th></tr>\n");
    for (size_t i = 0; i < count; i++)
        add_row(out, &groups[i]);
    buffer_add(out, "</table></div>\n<h2>Cases</h2>\n");
    for (size_t i = 0; i < count; i++) {
        const struct report_group *const group = &groups[i];
        buffer_add(out,
                   "<details id=\"%.*s\"><summary>%.*s <span class=\"soft\">%zu cases</span></summary>\n",
                   (int)group->length, group->name, (int)group->length, group->name, group->cases);
        if (group->elements != 0)
            report_html_histogram(out, group);
        add_cases(out, report, group);
        buffer_add(out, "</details>\n");
    }
}
