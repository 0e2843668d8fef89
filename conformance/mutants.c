#include "conformance/mutants.h"

#include "base/memory.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

/* Written by tools/mutate.c: mutants_<operator>[], for each operator that has some. */
#include "mutants/all.h"

enum { MUTANTS_MAX = 512 };

const struct mutant *const *mutants_list(size_t *count) {
    static const struct mutant *all[MUTANTS_MAX];
    static const struct {
        const struct mutant *mutants;
        size_t count;
    } tables[] = {
#include "mutants/table.h"
    };
    *count = 0;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (size_t j = 0; j < tables[i].count && *count < MUTANTS_MAX; j++)
            all[(*count)++] = &tables[i].mutants[j];
    return all;
}

/* ---- cases ---- */

struct candidate {
    struct conformance_case one;
    bool is_first;
    size_t elements; /* of all tensors */
};

static int in_order(const void *a, const void *b) {
    const struct candidate *const first = a, *const second = b;
    if (first->is_first != second->is_first)
        return first->is_first ? -1 : 1;
    if (first->elements != second->elements)
        return first->elements < second->elements ? -1 : 1;
    return strcmp(first->one.name, second->one.name);
}

/* The cases of its operator: those it names, then the smallest. */
static enum status candidates_of(struct candidate **out, size_t *count, const struct mutant *mutant) {
    struct conformance_case *cases;
    char glob[CASE_NAME];
    *out = NULL;
    *count = 0;
    snprintf(glob, sizeof glob, "%s/*", operator_info(mutant->id)->name);
    size_t all;
    TRY(registry_cases(&cases, &all, glob));
    enum status status = memory_new(out, all, sizeof **out);
    for (size_t i = 0; status == STATUS_OK && i < all; i++) {
        struct application measured;
        if (cases[i].set == SET_FULL || application_measure(&measured, &cases[i]) != STATUS_OK)
            continue;
        struct candidate *const candidate = &(*out)[(*count)++];
        candidate->one = cases[i];
        candidate->is_first = mutant->first != NULL && fnmatch(mutant->first, cases[i].name, 0) == 0;
        for (uint32_t t = 0; t < operator_tensor_count(mutant->id); t++)
            candidate->elements += measured.elements[t];
    }
    free(cases);
    if (status == STATUS_OK)
        qsort(*out, *count, sizeof **out, in_order);
    return status;
}

/* ---- one mutant ---- */

/* Otherwise the failure says nothing about the mutant. */
static enum status check_original(const struct conformance_case *one, const struct execution *with) {
    struct case_result result;
    struct execution original = *with;
    original.shaders = NULL;
    execute_case(&result, one, &original);
    if (outcome_is_bad(result.outcome))
        return status_set(STATUS_INTERNAL, "%s fails with the right shader, too: %s", one->name,
                          result.message);
    return STATUS_OK;
}

enum status mutant_try(struct mutant_trial *out, const struct mutant *mutant, struct gpu_device *device,
                       uint64_t seed) {
    *out = (struct mutant_trial){0};
    if (mutant->error != NULL)
        return status_set(STATUS_INVALID, "%s", mutant->error);
    const struct execution with = {.device = device, .seed = seed, .shaders = mutant->shaders};
    struct candidate *candidates;
    size_t count;
    enum status status = candidates_of(&candidates, &count, mutant);
    for (size_t i = 0; status == STATUS_OK && i < count && !out->is_killed; i++) {
        const struct conformance_case *const one = &candidates[i].one;
        struct case_result result;
        execute_case(&result, one, &with);
        out->cases++;
        if (!outcome_is_bad(result.outcome))
            continue;
        out->is_killed = true;
        snprintf(out->by, sizeof out->by, "%s", one->name);
        snprintf(out->message, sizeof out->message, "%s", result.message);
        status = check_original(one, &with);
    }
    free(candidates);
    return status;
}
