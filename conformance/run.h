/* run.h: one application of an operator on a device, with traps around it.
 *
 * Every tensor lies in a buffer of its own between two guard zones; outputs hold poison before; the dispatch
 * runs twice. The second time the tensors begin at an address that is aligned to nothing more than the device
 * asks for, the workgroups before it have filled shared memory with NaN, and the last of those are still at
 * work. Found out: writes outside a tensor, changed inputs, elements left out, reads outside a tensor (they
 * meet NaN), and results that differ from run to run, as those of missing barriers and forgotten initial
 * values do.
 */
#ifndef MNSP_CONFORMANCE_RUN_H
#define MNSP_CONFORMANCE_RUN_H

#include "conformance/application.h"
#include "conformance/variants.h"
#include "gpu/gpu.h"

enum { RUN_TEXT = 512 };

struct run_options {
    struct gpu_device *device;
    struct variant variant;
    const struct operator_shader *shaders; /* by enum shader_variant, in place of the operator's; or NULL */
};

struct run_result {
    float *outputs[OPERATOR_MAX_TENSORS]; /* of the first run; NULL for tensors that are not written */
    char defect[RUN_TEXT];                /* what the traps caught, in words; "" when nothing */
    double device_seconds;                /* of the shorter run by the device's clock; 0 when it has none */
};

/* Runs it twice, from the inputs in `application`; whether the reference was applied before makes no
 * difference. Errors: STATUS_UNSUPPORTED when the device's limits or features do not allow it, and those of
 * gpu.h. The result must be destroyed after an error, too. */
MNSP_NODISCARD enum status run_on_device(struct run_result *out, const struct application *application,
                                         const struct run_options *options);
void run_result_destroy(struct run_result *result);

/* The shader with its constants, and the dispatch without pipeline and bindings, that it would run. Errors:
 * STATUS_UNSUPPORTED. */
MNSP_NODISCARD enum status run_choose(struct gpu_dispatch *dispatch, struct gpu_shader *shader,
                                      const struct application *application,
                                      const struct run_options *options);

#endif
