/* execute.h: runs a case on a device, in this process, to a result that says all about it.
 *
 *     struct case_result result;
 *     execute_case(&result, &one, &(struct execution){.device = device, .seed = 1});
 *     if (outcome_is_bad(result.outcome)) ... result.message ...
 *
 * Cases that are no single operator, such as a whole training step, form a group with a function of its own:
 *
 *     static const struct group_case cases[] = {{"objective=mae,images=2/real", SET_STANDARD}};
 *     const struct conformance_group conformance_steps = {"step", cases, 1, execute_step};
 *
 * and an entry in the list of registry.c. Their names: step/objective=mae,images=2/real.
 *
 * Caveat: after a result that is not well the device may be unusable: see execution_spoils_device().
 */
#ifndef MNSP_CONFORMANCE_EXECUTE_H
#define MNSP_CONFORMANCE_EXECUTE_H

#include "conformance/registry.h"
#include "conformance/result.h"
#include "gpu/gpu.h"

struct execution {
    struct gpu_device *device;
    uint64_t seed;
    const struct phase_listener *listener; /* NULL: nobody */
    const struct operator_shader *shaders; /* in place of the operator's, as in run.h; NULL */
    bool explain;                          /* when it fails, find out which variants do: explain.h */
};

struct group_case {
    const char *text; /* the name behind the group's: "objective=mae,images=2/real" */
    enum conformance_set set;
};

struct conformance_group {
    const char *name;
    const struct group_case *cases;
    size_t count;
    /* Runs case `index`. Calls phase_enter() as it goes on; sets `comparison`, `device_seconds` and `digest`
     * where it has them, and `message` when something is wrong that the comparison does not know; the rest
     * follows from them. Errors: STATUS_UNSUPPORTED when the device cannot, and those of gpu.h. */
    enum status (*execute)(struct case_result *out, size_t index, const struct execution *with);
};

void execute_case(struct case_result *out, const struct conformance_case *one, const struct execution *with);

/* Whether the device must be opened anew before the next case: it was lost, or holds validation messages,
 * which would spoil every later result. */
bool execution_spoils_device(const struct gpu_device *device);

#endif
