/* bench.h: the two halves of `mnsp bench`: operators (bench_operators.c) and steps (bench_step.c). */
#ifndef MNSP_CLI_BENCH_H
#define MNSP_CLI_BENCH_H

#include "cli/step.h"

/* Operators one by one: matmul of a given shape, or an operator, or all of them, with the sizes that they
 * have in a training step. repeat 0: as often as a short time allows. */
MNSP_NODISCARD enum status bench_operators(const struct cli_values *values, struct gpu_device *device,
                                           size_t repeat);

/* Whole training steps. */
MNSP_NODISCARD enum status bench_step(const struct cli_values *values, struct gpu_device *device,
                                      size_t repeat);

#endif
