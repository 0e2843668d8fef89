/* report_tap.h: a report in the Test Anything Protocol, version 14. A case that is not supported is skipped,
 * a waived one is a TODO.
 */
#ifndef MNSP_CONFORMANCE_REPORT_TAP_H
#define MNSP_CONFORMANCE_REPORT_TAP_H

#include "base/buffer.h"
#include "conformance/report.h"

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_tap(struct buffer *out, const struct report *report);

#endif
