/* bundle_run.h: mnsp-conformance --bundle FOLDER --filter CASE. */
#ifndef MNSP_CONFORMANCE_BUNDLE_RUN_H
#define MNSP_CONFORMANCE_BUNDLE_RUN_H

#include "conformance/options.h"

/* Writes the bundle of the one case that is selected, and says how to run it. Errors: STATUS_USAGE when it is
 * not one, and those of bundle_write() and gpu_device_open(). */
MNSP_NODISCARD enum status bundle_run(const struct options *options);

#endif
