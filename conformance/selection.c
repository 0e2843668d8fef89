#include "conformance/selection.h"

#include "base/memory.h"

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
        if (*rest == '\\') {
            rest++;
            if (*rest == '\0')
                return status_set(STATUS_USAGE, "%s '%s': nothing follows the backslash at the end", origin,
                                  glob);
            rest++;
        } else if (*rest == '[') {
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

bool selection_has(const struct selection_options *options, size_t i) {
    return options->parts == 0 || i % options->parts == options->part - 1;
}

/* Keeps what the set and the part ask for; returns how many the set has. */
static size_t thin_out(struct selection *selection, const struct selection_options *options) {
    size_t kept = 0, number = 0;
    for (size_t i = 0; i < selection->count; i++) {
        const struct conformance_case *const one = &selection->cases[i];
        if (one->set > options->set)
            continue;
        if (selection_has(options, number++))
            selection->cases[kept++] = *one;
    }
    selection->count = kept;
    return number;
}

static enum status append_random(struct selection *selection, const struct selection_options *options) {
    struct conformance_case *cases;
    size_t count, capacity = selection->count;
    enum status status = registry_random_cases(&cases, &count, &selection->texts, &selection->text_count,
                                               options->filter, options->seed);
    if (status == STATUS_OK)
        status = memory_reserve(&selection->cases, &capacity, selection->count + count, sizeof *cases);
    if (status == STATUS_OK && count != 0) {
        memcpy(selection->cases + selection->count, cases, count * sizeof *cases);
        selection->count += count;
    }
    free(cases);
    return status;
}

static enum status select_cases(struct selection *out, const struct selection_options *options) {
    TRY(registry_cases(&out->cases, &out->count, options->filter));
    if (options->set == SET_FULL)
        TRY(append_random(out, options));
    if (thin_out(out, options) != 0)
        return STATUS_OK;
    return status_set(STATUS_USAGE, "--filter %s: no case has such a name in the set %s; see --list",
                      options->filter, set_name(options->set));
}

enum status selection_create(struct selection *out, const struct selection_options *options) {
    *out = (struct selection){0};
    const enum status status = select_cases(out, options);
    if (status != STATUS_OK)
        selection_destroy(out);
    return status;
}

void selection_destroy(struct selection *selection) {
    for (size_t i = 0; i < selection->text_count; i++)
        free(selection->texts[i]);
    free(selection->texts);
    free(selection->cases);
    *selection = (struct selection){0};
}

const struct conformance_case *selection_find(const struct selection *selection, const char *name) {
    for (size_t i = 0; i < selection->count; i++)
        if (strcmp(selection->cases[i].name, name) == 0)
            return &selection->cases[i];
    return NULL;
}
