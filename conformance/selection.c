#include "conformance/selection.h"

#include "conformance/execute.h"

#include <stdlib.h>

static const char *const set_names[] = {
    [SET_SMOKE] = "smoke", [SET_STANDARD] = "standard", [SET_FULL] = "full"};

const char *set_name(enum conformance_set set) {
    return set_names[set];
}

enum status set_by_name(enum conformance_set *out, const char *name) {
    for (enum conformance_set set = SET_SMOKE; set <= SET_FULL; set++)
        if (strcmp(set_names[set], name) == 0) {
            *out = set;
            return STATUS_OK;
        }
    return status_set(STATUS_USAGE, "--set %s: take smoke, standard or full", name);
}

/* ---- globs ---- */

/* Past a bracket expression that begins at `glob`; NULL when it does not end. */
static const char *past_bracket(const char *glob) {
    glob++;
    if (*glob == '!' || *glob == '^')
        glob++;
    if (*glob == ']') /* at the beginning it stands for itself */
        glob++;
    const char *const end = strchr(glob, ']');
    return end != NULL ? end + 1 : NULL;
}

enum status selection_check_glob(const char *origin, const char *glob) {
    const char *rest = glob;
    if (*rest == '\0')
        return status_set(STATUS_USAGE, "%s: the pattern is empty; '*' matches every case", origin);
    while (*rest != '\0') {
        if (*rest == '\\' && *++rest == '\0')
            return status_set(STATUS_USAGE, "%s '%s': nothing follows the backslash at the end", origin,
                              glob);
        if (*rest == '[') {
            rest = past_bracket(rest);
            if (rest == NULL)
                return status_set(STATUS_USAGE, "%s '%s': a '[' has no ']'", origin, glob);
        } else {
            rest++;
        }
    }
    return STATUS_OK;
}

/* ---- the list ---- */

/* Keeps what the set and the part ask for; returns how many the set has. */
static size_t thin_out(struct selection *selection, const struct selection_options *options) {
    size_t kept = 0, number = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const struct conformance_case *const one = &selection->cases[i];
        if (one->set > options->set)
            continue;
        if (options->parts == 0 || number % options->parts == options->part - 1)
            selection->cases[kept++] = *one;
        number++;
    }
    selection->count = kept;
    return number;
}

enum status selection_create(struct selection *out, const struct selection_options *options) {
    *out = (struct selection){0};
    TRY(registry_cases(&out->cases, &out->count, options->filter));
    if (thin_out(out, options) != 0)
        return STATUS_OK;
    selection_destroy(out);
    return status_set(STATUS_USAGE, "--filter %s: no case has such a name in the set %s; see --list",
                      options->filter, set_name(options->set));
}

void selection_destroy(struct selection *selection) {
    free(selection->cases);
    *selection = (struct selection){0};
}

/* ---- by name ---- */

static enum status find_fixed(struct conformance_case *out, bool *found, const char *name) {
    struct conformance_case *cases;
    size_t count;
    *found = false;
    const enum status status = registry_cases(&cases, &count, NULL);
    for (size_t i = 0; status == STATUS_OK && i < count && !*found; i++)
        if (strcmp(cases[i].name, name) == 0) {
            *out = cases[i];
            *found = true;
        }
    free(cases);
    return status;
}

enum status selection_case_by_name(struct conformance_case *out, char sizes[CASE_NAME], const char *name) {
    bool found;
    TRY(find_fixed(out, &found, name));
    return found ? STATUS_OK : registry_parse(out, sizes, name);
}
