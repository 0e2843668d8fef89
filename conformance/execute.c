#include "conformance/execute.h"

#include "conformance/explain.h"

#include <stdio.h>

/* ---- an operator ---- */

static uint64_t digest_outputs(const struct application *application, float *const *outputs) {
    uint64_t digest = 0;
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        if (outputs[t] != NULL)
            digest = digest_bytes(digest, outputs[t], application->elements[t] * sizeof(float));
    return digest;
}

static void add_explanation(struct case_result *out, const struct application *application,
                            const struct run_options *options) {
    char text[RESULT_TEXT];
    explain_failure(text, sizeof text, application, options);
    const size_t used = strlen(out->message);
    if (text[0] != '\0')
        snprintf(out->message + used, sizeof out->message - used, "%s%s", used ? "; " : "", text);
}

static enum status execute_operator(struct case_result *out, const struct conformance_case *one,
                                    const struct execution *with) {
    struct application application;
    struct run_result result = {0};
    const struct run_options options = {
        .device = with->device, .variant = one->variant, .shaders = with->shaders};
    enum status status;
    TRY_GOTO(status, application_create(&application, one, with->seed), end);
    TRY_GOTO(status, run_on_device(&result, &application, &options), end);
    phase_enter(PHASE_CHECK);
    TRY_GOTO(status, application_apply_reference(&application), end);
    compare(&out->comparison, &application, result.outputs);
    snprintf(out->message, sizeof out->message, "%s", result.defect);
    if (with->explain && (out->comparison.failures != 0 || result.defect[0] != '\0'))
        add_explanation(out, &application, &options);
    out->device_seconds = result.device_seconds;
    out->digest = digest_outputs(&application, result.outputs);
end:
    run_result_destroy(&result);
    application_destroy(&application);
    return status;
}

/* ---- the outcome ---- */

static enum outcome outcome_of_status(enum status status, const struct gpu_device *device) {
    switch (status) {
    case STATUS_UNSUPPORTED:
        return OUTCOME_NOT_SUPPORTED;
    case STATUS_MEMORY:
        return OUTCOME_RESOURCE_ERROR;
    case STATUS_DEVICE:
        return gpu_device_is_lost(device) ? OUTCOME_DEVICE_LOST : OUTCOME_FAIL;
    default:
        return OUTCOME_INTERNAL_ERROR;
    }
}

enum { DEFECT_TEXT = RESULT_TEXT - COMPARE_TEXT - 64 };

/* Of what was measured, and what the traps caught: the message so far. */
static void judge(struct case_result *out) {
    static const double suspicious = 0.5; /* of the bound: correct rounding stays below it */
    const struct comparison *const comparison = &out->comparison;
    char defect[DEFECT_TEXT];
    snprintf(defect, sizeof defect, "%s%.*s", out->message[0] ? "; " : "", DEFECT_TEXT - 3, out->message);
    if (comparison->failures != 0) {
        out->outcome = OUTCOME_FAIL;
        snprintf(out->message, sizeof out->message, "%zu of %zu elements differ; worst %s%s",
                 comparison->failures, comparison->elements, comparison->worst, defect);
    } else if (out->message[0] != '\0') {
        out->outcome = OUTCOME_FAIL;
    } else if (comparison->largest_ratio > suspicious) {
        out->outcome = OUTCOME_QUALITY_WARNING;
        snprintf(out->message, sizeof out->message, "%.3g of the bound; worst %s", comparison->largest_ratio,
                 comparison->worst);
    } else {
        out->outcome = OUTCOME_PASS;
    }
}

void execute_case(struct case_result *out, const struct conformance_case *one, const struct execution *with) {
    *out = (struct case_result){0};
    phase_start(with->listener);
    const enum status status =
        one->group != NULL ? one->group->execute(out, one->index, with) : execute_operator(out, one, with);
    phase_finish(out->seconds);
    if (status == STATUS_OK) {
        judge(out);
    } else {
        out->outcome = outcome_of_status(status, with->device);
        snprintf(out->message, sizeof out->message, "%s", status_message());
    }
}

bool execution_spoils_device(const struct gpu_device *device) {
    return gpu_device_is_lost(device) || gpu_device_validation_count(device) != 0;
}
