/* report_html.h: a report as one page that needs nothing else: no script, no font, no picture from anywhere.
 *
 * The verdict and the device, the bad cases with the commands that repeat them, a plot of every case's error
 * over its bound, and per operator a histogram of errors in ULP and the list of its cases.
 */
#ifndef MNSP_CONFORMANCE_REPORT_HTML_H
#define MNSP_CONFORMANCE_REPORT_HTML_H

#include "base/buffer.h"
#include "conformance/report.h"
#include "conformance/report_groups.h"

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_html(struct buffer *out, const struct report *report);

/* ---- its parts ---- */

extern const char report_html_style[];

/* An outcome as a small coloured label. */
void report_html_badge(struct buffer *out, enum outcome outcome);

/* How many cases ended how, as a bar of the given width in pixels. */
void report_html_outcome_bar(struct buffer *out, const size_t outcomes[OUTCOME_COUNT], int width);

/* Every case's largest error over its bound, a row per operator. */
void report_html_error_plot(struct buffer *out, const struct report *report,
                            const struct report_group *groups, size_t count);

/* The histogram of a group's errors in ULP. */
void report_html_histogram(struct buffer *out, const struct report_group *group);

/* The table of operators, and each one's cases. */
void report_html_operators(struct buffer *out, const struct report *report, const struct report_group *groups,
                           size_t count);

#endif
