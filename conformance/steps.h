/* steps.h: whole training steps as cases: step/<objective>/<settings>,steps=<number>.
 *
 * A small network of every kind is trained for a few steps on the device and on the reference: forward,
 * backward, clipping, AdamW, the moving teacher. After each step everything that lasts is compared: loss and
 * terms, predictions, the gradient's norm, every gradient, weight and moment. Each has an envelope, measured
 * by perturbing the reference: spec/numerics.md, "Whole steps".
 *
 * The settings are those of train/settings.def; what a name leaves out is as in steps.c.
 */
#ifndef MNSP_CONFORMANCE_STEPS_H
#define MNSP_CONFORMANCE_STEPS_H

#include "conformance/execute.h"
#include "train/step.h"

extern const struct conformance_group conformance_steps;

/* Who is compared with the reference: a device, or (NULL) the reference itself, perturbed as
 * executor_perturb() does, which tells a test how large an error has to be to be seen. */
struct step_subject {
    struct gpu_device *device;
    float perturbation;
};

/* Sets of the comparison `elements` (the number of tensors), `failures`, the largest distance over its
 * envelope, and the worst tensor of the first step that fails; and the digest of all of the subject's
 * tensors. name: "mnsp/scales=2,steps=5". Errors: those of train/step.h and gpu.h. */
MNSP_NODISCARD enum status step_compare(struct case_result *out, const char *name,
                                        const struct step_subject *subject, uint64_t seed);

/* For step_compare.c: the step that a name describes, device NULL for the reference, with weights and inputs
 * still to be written; and writing them, from `seed` and the tensors' names, so that they are the same
 * everywhere. */
MNSP_NODISCARD enum status step_create(struct train_step **out, size_t *steps, const char *name,
                                       struct gpu_device *device, uint64_t seed);
MNSP_NODISCARD enum status step_fill(struct train_step *step, uint64_t seed);

#endif
