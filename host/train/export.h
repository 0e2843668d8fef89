/* export.h: the weights of a run alone, small enough to hand on.
 *
 *     TRY(export_weights("words.safetensors", "run/last.safetensors",
 *                        &(struct export_options){.type = SAFETENSORS_F16, .average = true}));
 *
 * The file keeps names, shapes, settings, character set and scores, so that it reads and starts other runs as
 * the checkpoint does; what only the run itself needs to go on, the optimiser's state, is left out.
 *
 * Caveats: 16 bits keep 11 (F16) or 8 (BF16) bits of a weight. The scores in the file are those
 * of the unrounded weights.
 */
#ifndef MNSP_TRAIN_EXPORT_H
#define MNSP_TRAIN_EXPORT_H

#include "base/status.h"
#include "train/safetensors.h"

#include <stdbool.h>
#include <stddef.h>

struct export_options {
    enum safetensors_type type; /* of the weights: SAFETENSORS_F32, SAFETENSORS_F16 or SAFETENSORS_BF16 */
    bool average;               /* the average of the weights, where there is one, in their place */
};

/* Writes the weights of `from`, a checkpoint or other weights, to `to`; the same file gives the same
 * bytes. Numbers are rounded to nearest, ties to even; integers stay as they are. Errors: those of
 * safetensors_open() and safetensors_write(); STATUS_INVALID for a weight too large for the type,
 * with its name and value; STATUS_USAGE when both are the same file. */
MNSP_NODISCARD enum status export_weights(const char *to, const char *from,
                                          const struct export_options *options);

#endif
