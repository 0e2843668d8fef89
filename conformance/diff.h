/* diff.h: what changed between two reports: of two drivers, two versions of one, two devices.
 *
 *     struct report_changes changes;
 *     report_diff(&text, &changes, &old, &new, &(struct diff_options){.accuracy = 2, .speed = 1.5});
 *     ... text.bytes for people, changes.newly_failing != 0 for programs ...
 */
#ifndef MNSP_CONFORMANCE_DIFF_H
#define MNSP_CONFORMANCE_DIFF_H

#include "base/buffer.h"
#include "conformance/report.h"

struct diff_options {
    double accuracy; /* errors that grow or shrink by this factor are drift */
    double speed;    /* and so are times */
};

struct report_changes {
    size_t newly_failing, fixed, other_outcome, only_old, only_new;
    size_t less_accurate, more_accurate, slower, faster; /* cases; operators for the times */
    size_t other_bits; /* the same device and inputs, other bits of the result */
};

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_diff(struct buffer *out, struct report_changes *changes,
                                       const struct report *old, const struct report *new,
                                       const struct diff_options *options);

#endif
