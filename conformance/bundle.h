/* bundle.h: a case as a folder that speaks for itself: shader, constants, inputs, expected outputs,
 * tolerances, and a C program that needs nothing but Vulkan to run it. It goes with a bug report;
 * conformance/bundle/README.md.in is its first page.
 */
#ifndef MNSP_CONFORMANCE_BUNDLE_H
#define MNSP_CONFORMANCE_BUNDLE_H

#include "conformance/execute.h"

/* Makes the folder, as the device of `with` would run the case; after an error it is gone again. Errors:
 * STATUS_USAGE when the folder cannot be made, as when it is there already, or the case is no single
 * dispatch; STATUS_UNSUPPORTED when the device cannot run it; STATUS_MEMORY, STATUS_IO. */
MNSP_NODISCARD enum status bundle_write(const char *folder, const struct conformance_case *one,
                                        const struct execution *with);

#endif
