/* compile_run.h: `mnsp-conformance --compile`: compiles every pipeline on a device that need not be able to
 * run one, and says how many registers each takes.
 */
#ifndef MNSP_CONFORMANCE_COMPILE_RUN_H
#define MNSP_CONFORMANCE_COMPILE_RUN_H

#include "conformance/options.h"

/* Sets *bad when a pipeline that a model needs was not compiled, or spills. Errors: STATUS_USAGE no such
 * device or pipeline, or a report that cannot be written; those of gpu_device_open(). */
MNSP_NODISCARD enum status compile_run(bool *bad, const struct options *options);

#endif
