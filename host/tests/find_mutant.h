/* find_mutant.h: a shader that is broken on purpose, by name. */
#ifndef MNSP_TESTS_FIND_MUTANT_H
#define MNSP_TESTS_FIND_MUTANT_H

#include "conformance/mutants.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Fails the test when there is none. */
static inline const struct mutant *find_mutant(enum operator_id id, const char *name) {
    size_t count;
    const struct mutant *const *const mutants = mutants_list(&count);
    for (size_t i = 0; i < count; i++)
        if (mutants[i]->id == id && strcmp(mutants[i]->name, name) == 0)
            return mutants[i];
    fail_msg("there is no mutant %s", name);
    return NULL;
}

#endif
