/* report_junit.h: a report as JUnit XML, which most CI servers show. Bad cases are failures, those of the
 * runner or of memory errors; NotSupported and Waiver are skipped.
 */
#ifndef MNSP_CONFORMANCE_REPORT_JUNIT_H
#define MNSP_CONFORMANCE_REPORT_JUNIT_H

#include "base/buffer.h"
#include "conformance/report.h"

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_junit(struct buffer *out, const struct report *report);

#endif
