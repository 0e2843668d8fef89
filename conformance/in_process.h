/* in_process.h: the cases as tests of cmocka, in this process: quick, and with cmocka's reports, but a driver
 * that crashes ends it all.
 */
#ifndef MNSP_CONFORMANCE_IN_PROCESS_H
#define MNSP_CONFORMANCE_IN_PROCESS_H

#include "conformance/options.h"

/* Sets the number of failed tests. Errors: those of selection_create() and gpu_device_open(). */
MNSP_NODISCARD enum status in_process_run(int *failures, const struct options *options);

#endif
