/* selection.h: the cases that a run asks for.
 *
 *     struct selection selection;
 *     TRY(selection_create(&selection, &(struct selection_options){.set = SET_STANDARD, .filter =
 * "matmul/..."})); for (size_t i = 0; i < selection.count; i++) ... selection.cases[i].name ...
 *     selection_destroy(&selection);
 */
#ifndef MNSP_CONFORMANCE_SELECTION_H
#define MNSP_CONFORMANCE_SELECTION_H

#include "conformance/registry.h"

struct selection_options {
    enum conformance_set set;
    const char *filter;   /* glob on names; NULL: every case */
    uint32_t part, parts; /* the part-th (from 1) of `parts`, which together are all; 0 of 0: all */
    uint64_t seed;        /* of the random sizes that the full set has */
};

struct selection {
    struct conformance_case *cases; /* in the order of spec/operators.def, random sizes last */
    size_t count;
    char **texts; /* of random sizes */
    size_t text_count;
};

/* A part may be empty. Errors: STATUS_USAGE when no case of the set has a name that the filter matches,
 * STATUS_MEMORY. */
MNSP_NODISCARD enum status selection_create(struct selection *out, const struct selection_options *options);
void selection_destroy(struct selection *selection);

/* Whether the part that is asked for has number i, of those that the filter leaves. */
bool selection_has(const struct selection_options *options, size_t i);

/* The case of that name, NULL when there is none. */
const struct conformance_case *selection_find(const struct selection *selection, const char *name);

/* "smoke", "standard", "full". */
const char *set_name(enum conformance_set set);
/* Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status set_by_name(enum conformance_set *out, const char *name);

/* Whether a text can be a glob at all: not empty, brackets closed, nothing left to escape. `origin` is the
 * option it came from. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status selection_check_glob(const char *origin, const char *glob);

#endif
