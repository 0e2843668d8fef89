/* registry.h: every case of the suite, in the order of spec/operators.def.
 *
 *     layernorm_backward/rows=37,width=384/integer
 *     operator           sizes             inputs
 */
#ifndef MNSP_CONFORMANCE_REGISTRY_H
#define MNSP_CONFORMANCE_REGISTRY_H

#include "conformance/case.h"

enum { CASE_NAME = 256 };

struct conformance_case {
    char name[CASE_NAME];
    enum operator_id id;
    enum inputs inputs;
    const char *sizes;
};

const struct conformance_operator *registry_operator(enum operator_id id);

/* The cases whose name matches the glob (fnmatch, where * also matches /); NULL matches all. *list is
 * released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status registry_cases(struct conformance_case **list, size_t *count, const char *glob);

#endif
