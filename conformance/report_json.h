/* report_json.h: a report as JSON, the form that everything else can be made of; spec/conformance.md
 * describes it, and spec/conformance-report.schema.json is its schema.
 */
#ifndef MNSP_CONFORMANCE_REPORT_JSON_H
#define MNSP_CONFORMANCE_REPORT_JSON_H

#include "base/buffer.h"
#include "conformance/report.h"

#define REPORT_FORMAT "mnsp-conformance-report 1"

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status report_json(struct buffer *out, const struct report *report);

/* Reads one that report_json() wrote. *out must be destroyed after an error, too. Errors: STATUS_INVALID with
 * the place, STATUS_IO. */
MNSP_NODISCARD enum status report_read(struct report *out, const char *path);

#endif
