#include "conformance/outcome.h"

#include <string.h>

static const char *const names[] = {
    [OUTCOME_PASS] = "Pass",
    [OUTCOME_NOT_SUPPORTED] = "NotSupported",
    [OUTCOME_QUALITY_WARNING] = "QualityWarning",
    [OUTCOME_WAIVER] = "Waiver",
    [OUTCOME_RESOURCE_ERROR] = "ResourceError",
    [OUTCOME_INTERNAL_ERROR] = "InternalError",
    [OUTCOME_FAIL] = "Fail",
    [OUTCOME_DEVICE_LOST] = "DeviceLost",
    [OUTCOME_TIMEOUT] = "Timeout",
    [OUTCOME_CRASH] = "Crash",
};

const char *outcome_name(enum outcome outcome) {
    return outcome < OUTCOME_COUNT ? names[outcome] : "unknown";
}

enum outcome outcome_by_name(const char *name) {
    enum outcome outcome = 0;
    while (outcome < OUTCOME_COUNT && strcmp(names[outcome], name) != 0)
        outcome++;
    return outcome;
}

bool outcome_is_bad(enum outcome outcome) {
    return outcome >= OUTCOME_RESOURCE_ERROR;
}
