/* step_memory.h: what memory a training step needs, before any is taken, and with which settings it would
 * need less.
 *
 *     struct step_memory memory;
 *     const struct train_step_options options = {.batch = 64, .parts = 8, .device = device};
 *     TRY(step_memory_of(&memory, &settings, &options));
 *     printf("%llu bytes\n", memory.bytes);
 */
#ifndef MNSP_TRAIN_STEP_MEMORY_H
#define MNSP_TRAIN_STEP_MEMORY_H

#include "train/step.h"

/* Bytes. State: moments, gradients, averages, results. */
struct step_memory {
    uint64_t all, parameters, state, inputs, activations;
};

struct step_memory step_memory_of_plan(const struct plan *plan);
/* Errors: those of train_step_describe(); STATUS_UNSUPPORTED for a tensor that is too large for the
 * device. */
MNSP_NODISCARD enum status step_memory_of(struct step_memory *out, const struct settings *settings,
                                          const struct train_step_options *options);

/* After a failure for lack of memory, or because of a tensor that is too large: adds to its message which
 * settings would fit, and returns it. A step that does fit has failed for another reason, and its message
 * stays. */
enum status step_memory_advise(enum status failure, const struct settings *settings,
                               const struct train_step_options *options);

#endif
