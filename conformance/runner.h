/* runner.h: a whole run: selects cases, has worker processes run them round by round, tells how it goes, and
 * applies waivers.
 *
 *     struct report report;
 *     enum status status = runner_run(&report, &options, stdout, &stop);
 *     ... write the report, also after an error when report.count != 0 ...
 *     report_destroy(&report);
 */
#ifndef MNSP_CONFORMANCE_RUNNER_H
#define MNSP_CONFORMANCE_RUNNER_H

#include "conformance/options.h"
#include "conformance/report.h"

#include <stdio.h>

/* Errors: STATUS_USAGE no case is selected, no such device, or a bad waiver file; STATUS_DEVICE when the
 * driver fails as soon as its device is opened, at first or at last. The report must be
 * destroyed after an error, too. */
MNSP_NODISCARD enum status runner_run(struct report *out, const struct options *options, FILE *console,
                                      const volatile sig_atomic_t *stop);

#endif
