/* registry.h: every case of the suite, in the order of spec/operators.def.
 *
 *     layernorm_backward/rows=37,width=384/integer
 *     layernorm_backward/rows=37,width=384/integer@width=256
 *     operator           sizes             inputs  variant
 */
#ifndef MNSP_CONFORMANCE_REGISTRY_H
#define MNSP_CONFORMANCE_REGISTRY_H

#include "conformance/case.h"
#include "conformance/variants.h"

enum { CASE_NAME = 256 };

/* Each holds those before it, too. */
enum conformance_set {
    SET_SMOKE,    /* small sizes of every operator: a minute */
    SET_STANDARD, /* all but what takes long or much memory */
    SET_FULL,     /* everything */
};

struct conformance_group; /* execute.h */

struct conformance_case {
    char name[CASE_NAME];
    enum conformance_set set; /* the smallest one that has it */
    /* An operator's: */
    enum operator_id id;
    enum inputs inputs;
    const char *sizes;
    struct variant variant;
    /* A group's (NULL for an operator's): */
    const struct conformance_group *group;
    size_t index;
};

const struct conformance_operator *registry_operator(enum operator_id id);

/* Writes "operator/sizes/inputs", which the variants of a case have in common, as they have their inputs. */
void registry_name(char name[CASE_NAME], enum operator_id id, const char *sizes, enum inputs inputs);

/* The cases whose name matches the glob (fnmatch, where * also matches /); NULL matches all. *list is
 * released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status registry_cases(struct conformance_case **list, size_t *count, const char *glob);

/* Cases with sizes drawn by `seed`, of the set full. *texts holds what their sizes point to: each of
 * them, and *texts itself, is released with free(), also after an error. Errors: STATUS_MEMORY,
 * STATUS_INTERNAL. */
MNSP_NODISCARD enum status registry_random_cases(struct conformance_case **list, size_t *count, char ***texts,
                                                 size_t *text_count, const char *glob, uint64_t seed);

#endif
