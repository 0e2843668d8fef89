/* stress.h: inputs that hurt, for every operator that computes: INPUTS_WIDE and those behind it in case.h.
 *
 * They are added to the largest of an operator's sizes that are still small, without its asking. An operator
 * whose definition excludes some of them names these in `without`; its fill function makes what has to be a
 * special number one again (the second moment of AdamW is not negative, say).
 */
#ifndef MNSP_CONFORMANCE_STRESS_H
#define MNSP_CONFORMANCE_STRESS_H

#include "conformance/application.h"

enum { STRESS_SIZES = 3, STRESS_ELEMENTS = 1 << 13 };

/* The sizes of an operator that are run with them. Returns how many. */
size_t stress_sizes(const char *out[STRESS_SIZES], enum operator_id id);

/* Whether an operator is run with a kind of inputs. */
bool stress_has(enum operator_id id, enum inputs inputs);

/* ---- for application.c ---- */

/* Puts a NaN and both infinities into one of the inputs, wherever. */
void stress_spoil(struct application *application, struct philox *random);

/* Applies the reference to the finite inputs, and again to the spoiled ones: an element that comes out
 * with other bits depends on them, and has no bound; the others have that of the finite inputs.
 * Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status stress_apply(struct application *application,
                                        void (*apply_and_bound)(struct application *));

#endif
