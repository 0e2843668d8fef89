/* mutants_run.h: mnsp-conformance --mutants: the mutants as tests of cmocka, each of which passes when the
 * suite notices the mutant, and says by which case.
 */
#ifndef MNSP_CONFORMANCE_MUTANTS_RUN_H
#define MNSP_CONFORMANCE_MUTANTS_RUN_H

#include "conformance/options.h"

/* Those whose name, such as "layernorm/one-pass-variance", matches the filter, and the part of them that is
 * asked for. Sets the number of mutants that were not noticed. Errors: STATUS_USAGE when there is none, and those of gpu_device_open(). */
MNSP_NODISCARD enum status mutants_run(int *failures, const struct options *options);

/* Prints their names, and what is wrong with each. */
void mutants_print(const struct selection_options *options);

#endif
