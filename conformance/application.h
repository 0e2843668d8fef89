/* application.h: a case made concrete: numbers parsed, tensors allocated and filled, the reference applied.
 *
 *     struct application application;
 *     TRY(application_create(&application, &one_case, seed));    inputs filled, outputs poisoned
 *     ... run it on the device, from the inputs in application.values and .before ...
 *     TRY(application_apply_reference(&application));            outputs and bounds set
 *     application_destroy(&application);
 */
#ifndef MNSP_CONFORMANCE_APPLICATION_H
#define MNSP_CONFORMANCE_APPLICATION_H

#include "conformance/case.h"
#include "conformance/registry.h"

/* What outputs hold before a run: NaN with a payload that no arithmetic makes, and on the second run an
 * unlikely number, so that an element that nobody writes shows. */
#define POISON        0xFFF1BADDu
#define SECOND_POISON 0x4D0BAD1Du

/* Numbers, shapes, counts of elements and how tensors are stored only; nothing is allocated. Errors:
 * STATUS_INTERNAL when the sizes of the case are malformed. */
MNSP_NODISCARD enum status application_measure(struct application *out, const struct conformance_case *one);

/* Errors: STATUS_INTERNAL when the sizes of the case are malformed, STATUS_MEMORY. The application must be
 * destroyed after an error, too. */
MNSP_NODISCARD enum status application_create(struct application *out, const struct conformance_case *one,
                                              uint64_t seed);
void application_destroy(struct application *application);

/* The sizes and reals, for host/graph/dispatch.h; tensors are NULL. */
void application_numbers(union operator_value out[OPERATOR_MAX_ARGUMENTS],
                         const struct application *application);

/* How a tensor is stored. */
enum precision application_format(const struct application *application, uint32_t tensor);

/* Sets the outputs and their bounds. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status application_apply_reference(struct application *application);

/* For stress.c: sets the outputs alone. */
void application_call_reference(struct application *application);

static inline bool application_writes(const struct application *application, uint32_t tensor) {
    return argument_is_written(operator_info(application->id)->arguments[tensor].kind);
}

#endif
