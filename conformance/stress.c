#include "conformance/stress.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* ---- which cases ---- */

bool stress_has(enum operator_id id, enum inputs inputs) {
    return inputs >= INPUTS_WIDE && operator_info(id)->bound != BOUND_EXACT &&
           !(registry_operator(id)->without & 1u << inputs);
}

static size_t elements_of(enum operator_id id, const char *sizes) {
    const struct conformance_case one = {.id = id, .inputs = INPUTS_REAL, .sizes = sizes};
    struct application application;
    size_t elements = 0;
    if (application_measure(&application, &one) != STATUS_OK)
        return SIZE_MAX;
    for (uint32_t t = 0; t < operator_tensor_count(id); t++)
        elements += application.elements[t];
    return elements;
}

size_t stress_sizes(const char *out[STRESS_SIZES], enum operator_id id) {
    const struct conformance_operator *const rules = registry_operator(id);
    size_t count = 0, elements[STRESS_SIZES];
    for (size_t i = 0; i < rules->count; i++) {
        const size_t size = elements_of(id, rules->sizes[i].text);
        const bool has_its_own = rules->sizes[i].inputs >= AS_WIDE && !(rules->sizes[i].inputs & IN_FULL);
        if (!(rules->sizes[i].inputs & AS_REAL) || has_its_own || size > STRESS_ELEMENTS)
            continue;
        size_t place = count < STRESS_SIZES ? count++ : STRESS_SIZES;
        for (size_t j = 0; place == STRESS_SIZES && j < STRESS_SIZES; j++)
            if (elements[j] < size)
                place = j;
        if (place == STRESS_SIZES)
            continue;
        out[place] = rules->sizes[i].text;
        elements[place] = size;
    }
    return count;
}

/* ---- inputs that are not finite ---- */

/* The float input with the most elements. */
static uint32_t largest_input(const struct application *application) {
    const struct operator_info *const info = operator_info(application->id);
    uint32_t largest = UINT32_MAX;
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++) {
        const enum argument_kind kind = info->arguments[t].kind;
        if (!argument_is_read(kind) || argument_is_unsigned(kind) || !(application->present & 1u << t))
            continue;
        if (largest == UINT32_MAX || application->elements[t] > application->elements[largest])
            largest = t;
    }
    return largest;
}

/* Of a tensor that is also written, `before` is what the operator reads. */
static void set_input(struct application *application, const struct spoiled *spoiled, float value) {
    float *const before = application->before[spoiled->tensor];
    (before != NULL ? before : application->values[spoiled->tensor].f)[spoiled->element] = value;
}

void stress_spoil(struct application *application, struct philox *random) {
    static const float values[SPOILED_COUNT] = {NAN, INFINITY, -INFINITY};
    const uint32_t tensor = largest_input(application);
    if (tensor == UINT32_MAX || application->elements[tensor] == 0)
        return;
    for (size_t i = 0; i < SPOILED_COUNT; i++) {
        const size_t element = philox_next_below(random, (uint32_t)application->elements[tensor]);
        const struct spoiled spoiled = {tensor, element, values[i], application->values[tensor].f[element]};
        if (!isfinite(spoiled.finite))
            continue; /* it is spoiled already */
        application->spoiled[application->spoiled_count++] = spoiled;
        set_input(application, &spoiled, spoiled.value);
    }
}

static void set_inputs(struct application *application, bool finite) {
    for (size_t i = 0; i < application->spoiled_count; i++) {
        const struct spoiled *const spoiled = &application->spoiled[i];
        set_input(application, spoiled, finite ? spoiled->finite : spoiled->value);
    }
}

/* What an operator writes holds again what it held before. */
static void reset_outputs(struct application *application) {
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        if (application->before[t] != NULL)
            memcpy(application->values[t].f, application->before[t],
                   application->elements[t] * sizeof(float));
}

/* Exchanges the outputs with those kept. */
static void exchange_outputs(struct application *application, float **kept) {
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        if (application->before[t] != NULL) {
            float *const values = application->values[t].f;
            application->values[t].f = kept[t];
            kept[t] = values;
        }
}

static void lift_bounds(struct application *application, float *const *spoiled) {
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        for (size_t i = 0; application->before[t] != NULL && i < application->elements[t]; i++)
            if (memcmp(&application->values[t].f[i], &spoiled[t][i], sizeof(float)) != 0)
                application->bounds[t][i] = INFINITY;
}

enum status stress_apply(struct application *application, void (*apply_and_bound)(struct application *)) {
    const uint32_t tensors = operator_tensor_count(application->id);
    float *spoiled[OPERATOR_MAX_TENSORS] = {NULL};
    enum status status = STATUS_OK;
    for (uint32_t t = 0; status == STATUS_OK && t < tensors; t++)
        if (application->before[t] != NULL)
            status = memory_new(&spoiled[t], application->elements[t], sizeof(float));
    if (status == STATUS_OK) {
        exchange_outputs(application, spoiled);
        reset_outputs(application);
        application_call_reference(application);
        exchange_outputs(application, spoiled);
        set_inputs(application, true);
        reset_outputs(application);
        apply_and_bound(application);
        set_inputs(application, false);
        lift_bounds(application, spoiled);
    }
    for (uint32_t t = 0; t < tensors; t++)
        free(spoiled[t]);
    return status;
}
