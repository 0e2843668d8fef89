#include "conformance/explain.h"

#include "conformance/compare.h"
#include "conformance/phase.h"

#include <stdio.h>

enum { LIST_TEXT = 400 };

static bool passes(const struct application *application, const struct run_options *options,
                   const struct variant *variant) {
    struct run_options other = *options;
    other.variant = *variant;
    struct run_result result;
    struct comparison comparison = {0};
    const enum status status = run_on_device(&result, application, &other);
    phase_enter(PHASE_CHECK);
    if (status == STATUS_OK)
        compare(&comparison, application, result.outputs);
    const bool good = status == STATUS_OK && comparison.failures == 0 && result.defect[0] == '\0';
    run_result_destroy(&result);
    return good;
}

static void append(char out[LIST_TEXT], const char *name) {
    const size_t used = strlen(out);
    snprintf(out + used, LIST_TEXT - used, used ? ", %s" : "%s", name);
}

void explain_failure(char *out, size_t size, const struct application *application,
                     const struct run_options *options) {
    struct variant variants[VARIANTS_MAX];
    union operator_value numbers[OPERATOR_MAX_ARGUMENTS];
    char failed[LIST_TEXT] = "", passed[LIST_TEXT] = "", smallest[VARIANT_TEXT] = "";
    out[0] = '\0';
    application_numbers(numbers, application);
    const size_t count = variants_list(variants, application->id, numbers, application->stored,
                                       gpu_device_properties(options->device));
    if (count < 2)
        return;
    for (size_t i = 0; i < count && !gpu_device_is_lost(options->device); i++) {
        char name[VARIANT_TEXT];
        variant_name(name, &variants[i]);
        const bool good = passes(application, options, &variants[i]);
        append(good ? passed : failed, name);
        if (!good && smallest[0] == '\0' && variants[i].width == 0)
            strcpy(smallest, name);
    }
    if (failed[0] == '\0')
        snprintf(out, size, "run again, it passes in every variant: %s", passed);
    else if (passed[0] == '\0')
        snprintf(out, size, "it fails in every variant: %s", failed);
    else
        snprintf(out, size, "it fails as %s, passes as %s; the smallest set of features that fails: %s",
                 failed, passed, smallest[0] ? smallest : "none, it takes the width");
}
