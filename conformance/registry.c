#include "conformance/registry.h"

#include "base/memory.h"
#include "conformance/application.h"
#include "conformance/execute.h"
#include "conformance/steps.h"
#include "conformance/stress.h"

#include <fnmatch.h>
#include <stdio.h>

static const struct conformance_operator *const operators[] = {
#define OPERATOR(name, gradient, bound, grid, ...) [OPERATOR_##name] = &conformance_##name,
#include "spec/operators.def"
#undef OPERATOR
};

/* Cases that are no single operator; ends with NULL. */
static const struct conformance_group *const groups[] = {&conformance_steps, NULL};

enum { SMOKE_ELEMENTS = 1 << 15 }; /* of all tensors together */

static const char *const input_names[] = {
    [INPUTS_INTEGER] = "integer", [INPUTS_REAL] = "real",         [INPUTS_HARD] = "hard",
    [INPUTS_BITS] = "bits",       [INPUTS_WIDE] = "wide",         [INPUTS_CANCEL] = "cancel",
    [INPUTS_HALF] = "half",       [INPUTS_DENORMAL] = "denormal", [INPUTS_NAN] = "nan",
};

const struct conformance_operator *registry_operator(enum operator_id id) {
    return operators[id];
}

void registry_name(char name[CASE_NAME], enum operator_id id, const char *sizes, enum inputs inputs) {
    snprintf(name, CASE_NAME, "%s/%s/%s", operator_info(id)->name, sizes, input_names[inputs]);
}

enum status registry_parse(struct conformance_case *out, char sizes[CASE_NAME], const char *name) {
    const char *const first = strchr(name, '/'), *const last = strrchr(name, '/');
    if (first == NULL || first == last || strlen(name) >= CASE_NAME)
        return status_set(STATUS_INVALID, "'%s' is not operator/sizes/inputs", name);
    *out = (struct conformance_case){.set = SET_FULL, .sizes = sizes};
    strcpy(out->name, name);
    char operator[CASE_NAME];
    snprintf(operator, sizeof operator, "%.*s", (int)(first - name), name);
    snprintf(sizes, CASE_NAME, "%.*s", (int)(last - first - 1), first + 1);
    out->id = operator_by_name(operator);
    while (out->inputs < INPUTS_COUNT && strcmp(input_names[out->inputs], last + 1) != 0)
        out->inputs++;
    if (out->id == OPERATOR_COUNT || out->inputs == INPUTS_COUNT)
        return status_set(STATUS_INVALID, "'%s' names no operator or no kind of inputs", name);
    return STATUS_OK;
}

/* ---- the list ---- */

struct list {
    struct conformance_case *cases;
    size_t count, capacity;
    const char *glob;
};

static enum status append(struct list *list, const struct conformance_case *one) {
    if (list->glob != NULL && fnmatch(list->glob, one->name, 0) != 0)
        return STATUS_OK;
    TRY(memory_reserve(&list->cases, &list->capacity, list->count + 1, sizeof *one));
    list->cases[list->count++] = *one;
    return STATUS_OK;
}

static enum conformance_set set_of(const struct conformance_case *one, unsigned flags) {
    struct application application;
    if (flags & IN_FULL)
        return SET_FULL;
    /* Malformed sizes are reported when the case is run. */
    if (application_measure(&application, one) != STATUS_OK)
        return SET_SMOKE;
    size_t elements = 0;
    for (uint32_t t = 0; t < operator_tensor_count(one->id); t++)
        elements += application.elements[t];
    return elements <= SMOKE_ELEMENTS ? SET_SMOKE : SET_STANDARD;
}

/* Where there is a choice, each as a case of its own. */
static enum status append_variants(struct list *list, const struct conformance_case *one) {
    struct variant variants[VARIANTS_MAX];
    struct application application;
    union operator_value numbers[OPERATOR_MAX_ARGUMENTS];
    if (application_measure(&application, one) != STATUS_OK)
        return STATUS_OK;
    application_numbers(numbers, &application);
    const size_t count = variants_list(variants, one->id, numbers, application.present, NULL);
    for (size_t i = 0; count > 1 && i < count; i++) {
        char text[VARIANT_TEXT];
        struct conformance_case other = *one;
        other.variant = variants[i];
        if (other.set == SET_SMOKE)
            other.set = SET_STANDARD;
        const size_t length = strlen(one->name);
        snprintf(other.name + length, sizeof other.name - length, "@%s", variant_name(text, &variants[i]));
        TRY(append(list, &other));
    }
    return STATUS_OK;
}

static enum status append_operator(struct list *list, enum operator_id id) {
    for (size_t i = 0; i < operators[id]->count; i++)
        for (enum inputs inputs = 0; inputs < INPUTS_COUNT; inputs++) {
            const struct sizes *const sizes = &operators[id]->sizes[i];
            if (!(sizes->inputs & 1u << inputs))
                continue;
            struct conformance_case one = {.id = id, .inputs = inputs, .sizes = sizes->text};
            registry_name(one.name, id, sizes->text, inputs);
            one.set = set_of(&one, sizes->inputs);
            TRY(append(list, &one));
            TRY(append_variants(list, &one));
        }
    return STATUS_OK;
}

/* The inputs that hurt. */
static enum status append_stress(struct list *list, enum operator_id id) {
    const char *sizes[STRESS_SIZES];
    const size_t count = stress_sizes(sizes, id);
    for (size_t i = 0; i < count; i++)
        for (enum inputs inputs = 0; inputs < INPUTS_COUNT; inputs++) {
            if (!stress_has(id, inputs))
                continue;
            struct conformance_case one = {
                .id = id, .inputs = inputs, .sizes = sizes[i], .set = SET_STANDARD};
            registry_name(one.name, id, sizes[i], inputs);
            TRY(append(list, &one));
        }
    return STATUS_OK;
}

static enum status append_group(struct list *list, const struct conformance_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        struct conformance_case one = {.id = OPERATOR_COUNT, .group = group, .index = i};
        one.set = group->cases[i].set;
        snprintf(one.name, sizeof one.name, "%s/%s", group->name, group->cases[i].text);
        TRY(append(list, &one));
    }
    return STATUS_OK;
}

static enum status append_all(struct list *list) {
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++) {
        TRY(append_operator(list, id));
        TRY(append_stress(list, id));
    }
    for (size_t i = 0; groups[i] != NULL; i++)
        TRY(append_group(list, groups[i]));
    return STATUS_OK;
}

enum status registry_cases(struct conformance_case **out, size_t *count, const char *glob) {
    struct list list = {.glob = glob};
    const enum status status = append_all(&list);
    *out = list.cases;
    *count = list.count;
    return status;
}
