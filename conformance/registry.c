#include "conformance/registry.h"

#include "base/memory.h"

#include <fnmatch.h>
#include <stdio.h>

static const struct conformance_operator *const operators[] = {
#define OPERATOR(name, gradient, bound, grid, ...) [OPERATOR_##name] = &conformance_##name,
#include "spec/operators.def"
#undef OPERATOR
};

static const char *const input_names[] = {
    [INPUTS_INTEGER] = "integer",
    [INPUTS_REAL] = "real",
    [INPUTS_HARD] = "hard",
    [INPUTS_BITS] = "bits",
};

const struct conformance_operator *registry_operator(enum operator_id id) {
    return operators[id];
}

enum status registry_cases(struct conformance_case **list, size_t *count, const char *glob) {
    *list = NULL;
    *count = 0;
    size_t capacity = 0;
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++)
        for (size_t i = 0; i < operators[id]->count; i++)
            for (enum inputs inputs = 0; inputs < INPUTS_COUNT; inputs++) {
                const struct sizes *const sizes = &operators[id]->sizes[i];
                if (!(sizes->inputs & 1u << inputs))
                    continue;
                struct conformance_case one = {.id = id, .inputs = inputs, .sizes = sizes->text};
                snprintf(one.name, sizeof one.name, "%s/%s/%s", operator_info(id)->name, sizes->text,
                         input_names[inputs]);
                if (glob != NULL && fnmatch(glob, one.name, 0) != 0)
                    continue;
                TRY(memory_reserve(list, &capacity, *count + 1, sizeof one));
                (*list)[(*count)++] = one;
            }
    return STATUS_OK;
}
