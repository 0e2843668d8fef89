/* mutants.h: shaders that are broken on purpose, and whether the suite notices.
 *
 * tools/mutants/README.md says what a mutant is; the build compiles them into this program. Each is run in
 * place of its operator's shader through the operator's own cases, small ones first, until one of them fails
 * that passes with the right shader.
 *
 *     size_t count;
 *     const struct mutant *const mutants = mutants_list(&count);
 *     TRY(mutant_try(&trial, &mutants[i], device, seed));
 *     puts(trial.is_killed ? trial.by : "survived");
 */
#ifndef MNSP_CONFORMANCE_MUTANTS_H
#define MNSP_CONFORMANCE_MUTANTS_H

#include "conformance/execute.h"

struct mutant {
    enum operator_id id;
    const char *name, *why;
    const char *survives; /* what it takes to notice it, if a CPU device does not; NULL if any device does */
    const char *needs;    /* features of variants, such as "quads", without which it does no harm; or NULL */
    const char *first;    /* glob of the cases that are run before the others, to save time; or NULL */
    const char *error;    /* why there is no code: it does not fit the shader any more; or NULL */
    struct operator_shader shaders[SHADER_VARIANT_COUNT];
};

const struct mutant *const *mutants_list(size_t *count);

struct mutant_trial {
    bool is_killed;
    char by[CASE_NAME];        /* the case that noticed */
    char message[RESULT_TEXT]; /* and what it said */
    size_t cases;              /* how many were run */
};

/* Errors: STATUS_INVALID when it has no code, STATUS_INTERNAL when the right shader fails the case, too, and
 * those of registry_cases(). */
MNSP_NODISCARD enum status mutant_try(struct mutant_trial *out, const struct mutant *mutant,
                                      struct gpu_device *device, uint64_t seed);

#endif
