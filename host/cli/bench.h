/* bench.h: the parts of `mnsp bench`: operators (bench_operators.c), steps (bench_step.c), steps that are fed
 * (bench_data.c), reading (bench_read.c), and how results are told (bench_compare.c). */
#ifndef MNSP_CLI_BENCH_H
#define MNSP_CLI_BENCH_H

#include "cli/step.h"

#include <jansson.h>

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

/* The recogniser of --read, on a batch of rendered words. */
MNSP_NODISCARD enum status bench_read(const struct cli_values *values, struct gpu_device *device,
                                      size_t repeat);

/* ---- telling ---- */

/* Prints a result, as JSON with --json, and releases it. With --compare FILE, each row that FILE
 * has, too, gets milliseconds_before and ratio; what cannot be compared is said on stderr. NULL
 * means that memory ran out. */
MNSP_NODISCARD enum status bench_tell(const struct cli_values *values, json_t *result,
                                      void (*print)(const json_t *result));
/* The line that says which step it was. */
void bench_print_step(const json_t *result);
/* The rest of a line: the ratio where there is one. */
void bench_print_ratio(const json_t *row);

#endif
