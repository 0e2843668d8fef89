#include "conformance/report_html.h"

#include <math.h>

/* ---- bars ---- */

void report_html_outcome_bar(struct buffer *out, const size_t outcomes[OUTCOME_COUNT], int width) {
    size_t total = 0;
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        total += outcomes[outcome];
    buffer_add(out, "<svg width=\"%d\" height=\"10\" viewBox=\"0 0 %d 10\" role=\"img\"><title>", width,
               width);
    for (enum outcome outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        if (outcomes[outcome] != 0)
            buffer_add(out, "%zu %s ", outcomes[outcome], outcome_name(outcome));
    buffer_add(out, "</title>");
    double x = 0;
    for (int outcome = OUTCOME_COUNT - 1; outcome >= 0 && total != 0; outcome--) {
        if (outcomes[outcome] == 0)
            continue;
        /* Even one bad case among thousands is to be seen. */
        const double share = fmax((double)outcomes[outcome] / (double)total * width, 2);
        buffer_add(out, "<rect x=\"%.1f\" width=\"%.1f\" height=\"10\" fill=\"var(--%s)\"/>", x, share,
                   outcome_name((enum outcome)outcome));
        x += share;
    }
    buffer_add(out, "</svg>");
}

/* ---- error over bound ---- */

enum {
    PLOT_WIDTH = 1060,
    LEFT = 200, /* the operators' names */
    EXACT = 76, /* the column of cases without any error */
    RIGHT = 70, /* the column of those that have no finite error */
    ROW = 22,
    TOP = 34,
    LOW_DECADE = -5, /* 10^-5 of the bound is at the left */
    HIGH_DECADE = 1
};

/* Where a ratio stands; 0 and what is below the axis go to the column of the exact ones. */
static double ratio_x(double ratio) {
    const double first = LEFT + EXACT, last = PLOT_WIDTH - RIGHT;
    const double decade = fmin(fmax(log10(ratio), LOW_DECADE), HIGH_DECADE);
    return first + (decade - LOW_DECADE) / (HIGH_DECADE - LOW_DECADE) * (last - first);
}

static void add_axis(struct buffer *out, int height) {
    for (int decade = LOW_DECADE; decade <= HIGH_DECADE; decade++) {
        const double x = ratio_x(pow(10, decade));
        const bool is_bound = decade == 0;
        buffer_add(out,
                   "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"var(--%s)\" "
                   "stroke-width=\"%s\"/>",
                   x, x, TOP - 6, height, is_bound ? "Fail" : "line", is_bound ? "1.5" : "1");
        if (is_bound)
            buffer_add(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">bound</text>", x, TOP - 14);
        else
            buffer_add(
                out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"soft\">%s</text>", x, TOP - 14,
                (const char *[]){"1e-5", "1e-4", "0.001", "0.01", "0.1", "", "10"}[decade - LOW_DECADE]);
    }
    const double half = ratio_x(0.5);
    buffer_add(out,
               "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"var(--QualityWarning)\" "
               "stroke-dasharray=\"4 3\"/>",
               half, half, TOP - 6, height);
    buffer_add(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" class=\"soft\">exact</text>",
               LEFT + EXACT / 3, TOP - 14);
    buffer_add(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" class=\"soft\">wrong</text>",
               PLOT_WIDTH - RIGHT / 2, TOP - 14);
}

static void add_dot(struct buffer *out, const struct report_entry *entry, double y) {
    const struct case_result *const result = &entry->result;
    const double ratio = result->comparison.largest_ratio;
    if (result->comparison.elements == 0)
        return;
    /* A wrong word, or a NaN, has no ratio; nor has an error where none is allowed. */
    const bool wrong = result->comparison.failures != 0 && !(ratio > 1);
    const double x = wrong ? PLOT_WIDTH - RIGHT / 2.0 : ratio > 0 ? ratio_x(ratio) : LEFT + EXACT / 3.0;
    buffer_add(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"var(--%s)\" fill-opacity=\".55\"><title>",
               x, y, outcome_name(result->outcome));
    buffer_add_xml(out, entry->name);
    buffer_add(out, ": %.3g of the bound</title></circle>", ratio);
}

void report_html_error_plot(struct buffer *out, const struct report *report,
                            const struct report_group *groups, size_t count) {
    const int height = TOP + (int)count * ROW;
    buffer_add(out,
               "<figure class=\"wide\"><svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
               "aria-label=\"error over bound of every case\">",
               PLOT_WIDTH, height + 4, PLOT_WIDTH, height + 4);
    for (size_t g = 0; g < count; g += 2)
        buffer_add(out, "<rect x=\"0\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"var(--panel)\"/>",
                   TOP + (int)g * ROW, PLOT_WIDTH, ROW);
    add_axis(out, height);
    for (size_t g = 0; g < count; g++) {
        const double y = TOP + ((double)g + 0.5) * ROW;
        buffer_add(out, "<text x=\"4\" y=\"%.1f\">%.*s</text>", y + 4, (int)groups[g].length, groups[g].name);
        for (size_t i = 0; i < report->count; i++)
            if (report_group_has(&groups[g], &report->entries[i]))
                add_dot(out, &report->entries[i], y);
    }
    buffer_add(out,
               "</svg><figcaption>The largest error of every case, divided by its element's bound. Above "
               "half (dashed) is a warning, above the bound a failure; <i>wrong</i> is what has no "
               "measure: other bits where none may differ, NaN, infinity.</figcaption></figure>\n");
}

/* ---- histogram of ULP ---- */

enum { BAR = 44, BARS_HEIGHT = 110, LABELS = 36 };

static void add_bucket_label(struct buffer *out, size_t bucket, double x) {
    buffer_add(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" class=\"soft\">", x, BARS_HEIGHT + 34);
    if (bucket < 2)
        buffer_add(out, "%zu", bucket);
    else if (bucket < 11)
        buffer_add(out, "%u+", 1u << (bucket - 1));
    else if (bucket + 1 < COMPARE_BUCKETS)
        buffer_add(out, "2^%zu", bucket - 1);
    else
        buffer_add(out, "more");
    buffer_add(out, "</text>");
}

/* Short: 12, 3.45k, 6.7M. */
static void add_count(struct buffer *out, uint64_t count, double x, double y) {
    static const char *const units[] = {"", "k", "M", "G"};
    double shown = (double)count;
    size_t unit = 0;
    for (; shown >= 1000 && unit < 3; unit++)
        shown /= 1000;
    buffer_add(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%.3g%s</text>", x, y, shown,
               units[unit]);
}

void report_html_histogram(struct buffer *out, const struct report_group *group) {
    double most = 0;
    size_t last = 4;
    for (size_t i = 0; i < COMPARE_BUCKETS; i++) {
        most = fmax(most, (double)group->histogram[i]);
        last = group->histogram[i] != 0 && i > last ? i : last;
    }
    const int width = (int)(last + 1) * BAR + 8, height = BARS_HEIGHT + LABELS + 6;
    buffer_add(out,
               "<figure class=\"wide\"><svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
               "aria-label=\"histogram of errors in ULP\">",
               width, height, width, height);
    for (size_t i = 0; i <= last; i++) {
        const double x = 4 + (double)i * BAR;
        /* By the logarithm: one element among millions counts. */
        const double size =
            group->histogram[i] != 0
                ? (0.06 + 0.94 * log1p((double)group->histogram[i]) / log1p(most)) * BARS_HEIGHT
                : 0;
        buffer_add(
            out,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\" fill=\"var(--accent)\"><title>%llu "
            "elements</title></rect>",
            x + 3, 18 + BARS_HEIGHT - size, BAR - 6, size, (unsigned long long)group->histogram[i]);
        if (group->histogram[i] != 0)
            add_count(out, group->histogram[i], x + BAR / 2.0, 14 + BARS_HEIGHT - size);
        add_bucket_label(out, i, x + BAR / 2.0);
    }
    buffer_add(out, "</svg><figcaption>Elements by their error in ULP (heights by the logarithm of the "
                    "count).</figcaption></figure>\n");
}
