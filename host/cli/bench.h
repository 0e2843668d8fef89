/* bench.h: the parts of `mnsp bench`: operators (bench_operators.c), steps (bench_step.c), and steps that are fed
 * (bench_data.c). */
#ifndef MNSP_CLI_BENCH_H
#define MNSP_CLI_BENCH_H

#include "cli/step.h"

/* Operators one by one: matmul of a given shape, or an operator, or all of them, with the sizes that they
 * have in a training step. repeat 0: as often as a short time allows. */
MNSP_NODISCARD enum status bench_operators(const struct cli_values *values, struct gpu_device *device,
                                           size_t repeat);

/* Whole training steps on the images of --data, and how long they wait for them. */
MNSP_NODISCARD enum status bench_data(const struct cli_values *values, struct gpu_device *device,
                                      size_t repeat);

/* Whole training steps. */
MNSP_NODISCARD enum status bench_step(const struct cli_values *values, struct gpu_device *device,
                                      size_t repeat);

#endif
