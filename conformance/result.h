/* result.h: what is known about a case that was run. */
#ifndef MNSP_CONFORMANCE_RESULT_H
#define MNSP_CONFORMANCE_RESULT_H

#include "conformance/compare.h"
#include "conformance/outcome.h"
#include "conformance/phase.h"

#include <jansson.h>

enum { RESULT_TEXT = 2048 };

struct case_result {
    enum outcome outcome;
    char message[RESULT_TEXT];    /* one line; "" when there is nothing to say */
    struct comparison comparison; /* without elements when nothing was compared */
    double seconds[PHASE_COUNT];
    double device_seconds; /* of the dispatch by the device's clock; 0 when it has none */
    uint64_t digest;       /* of the outputs' bits; 0 when there are none */
    /* A bad case is run once more in a new process, when its own had run others before it. */
    bool ran_alone;
    enum outcome alone;
};

/* FNV-1a, continued from `digest` (0 to begin). */
uint64_t digest_bytes(uint64_t digest, const void *bytes, size_t size);

/* As in reports (spec/conformance.md): keys outcome, message, seconds, device_seconds, digest, and error
 * where something was compared,
 * and alone. Adds them to `object`. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status result_to_json(json_t *object, const struct case_result *result);

/* The reverse. Errors: STATUS_INVALID. */
MNSP_NODISCARD enum status result_from_json(struct case_result *out, const json_t *object,
                                            const char *origin);

#endif
