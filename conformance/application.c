#include "conformance/application.h"

#include "base/memory.h"
#include "conformance/inputs.h"
#include "conformance/stress.h"
#include "graph/dispatch.h"

#include <ctype.h>
#include <stdlib.h>

/* ---- sizes ---- */

/* One "name=value" of the sizes. */
static enum status parse_size(struct application *application, const char *name, const char *text) {
    const struct operator_info *const info = operator_info(application->id);
    const uint32_t index = operator_argument_index(application->id, name);
    if (index == info->argument_count)
        return status_set(STATUS_INTERNAL, "%s has no argument '%s'", info->name, name);
    const enum argument_kind kind = info->arguments[index].kind;
    char *end = NULL;
    if (kind == ARGUMENT_SIZE)
        application->values[index].n = strtoull(text, &end, 10);
    else if (kind == ARGUMENT_REAL)
        application->values[index].real = strtof(text, &end);
    else if (argument_is_optional(kind) && strcmp(text, "none") == 0)
        application->present &= ~(1u << index);
    else
        return status_set(STATUS_INTERNAL, "'%s=%s' is for numbers, or 'none' for optional tensors", name,
                          text);
    if (end != NULL && (end == text || *end != '\0'))
        return status_set(STATUS_INTERNAL, "'%s=%s' is not a number", name, text);
    return STATUS_OK;
}

static enum status parse_sizes(struct application *application, const char *sizes) {
    char text[CASE_NAME];
    if (strlen(sizes) >= sizeof text)
        return status_set(STATUS_INTERNAL, "the sizes are longer than %zu characters", sizeof text - 1);
    strcpy(text, sizes);
    char *rest = NULL;
    for (char *item = strtok_r(text, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        char *const equal = strchr(item, '=');
        if (equal == NULL)
            return status_set(STATUS_INTERNAL, "'%s' is not name=value", item);
        *equal = '\0';
        TRY(parse_size(application, item, equal + 1));
    }
    return STATUS_OK;
}

/* ---- tensors ---- */

static size_t elements_of(struct shape shape) {
    size_t elements = 1;
    for (int i = 0; i < shape.rank; i++)
        elements *= shape.of[i];
    return elements;
}

static void fill_words(void *out, size_t count, uint32_t word) {
    for (size_t i = 0; i < count; i++)
        memcpy((char *)out + i * sizeof word, &word, sizeof word);
}

static void fill_input(union value value, size_t count, enum inputs inputs, struct philox *random) {
    switch (inputs) {
    case INPUTS_BITS:
        inputs_words(value.u, count, random);
        break;
    case INPUTS_INTEGER:
        inputs_integers(value.f, count, 3, random);
        break;
    case INPUTS_WIDE:
        inputs_wide(value.f, count, 20, random);
        break;
    case INPUTS_CANCEL:
        inputs_cancelling(value.f, count, random);
        break;
    case INPUTS_HALF:
        inputs_half_limits(value.f, count, random);
        break;
    case INPUTS_DENORMAL:
        inputs_denormals(value.f, count, random);
        break;
    default:
        inputs_reals(value.f, count, -2, 2, random);
    }
}

static enum status create_tensors(struct application *application, struct philox *random) {
    const struct operator_info *const info = operator_info(application->id);
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++) {
        if (!(application->present & 1u << t))
            continue;
        const enum argument_kind kind = info->arguments[t].kind;
        const size_t count = application->elements[t];
        TRY(memory_new(&application->values[t].f, count, sizeof(float)));
        if (argument_is_unsigned(kind) && argument_is_read(kind))
            inputs_words(application->values[t].u, count, random);
        else if (argument_is_read(kind))
            fill_input(application->values[t], count, application->inputs, random);
        else
            fill_words(application->values[t].f, count, POISON);
        if (argument_is_written(kind)) {
            TRY(memory_new(&application->before[t], count, sizeof(float)));
            TRY(memory_new(&application->bounds[t], count, sizeof(double)));
        }
    }
    return STATUS_OK;
}

/* As the case's variant says, and where the operator can have it. */
static void choose_formats(struct application *application, enum precision format) {
    union operator_value numbers[OPERATOR_MAX_ARGUMENTS];
    application_numbers(numbers, application);
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++) {
        const bool narrow = operator_may_store_16(application->id, t, numbers);
        if (application->present & 1u << t)
            application->stored |= dispatch_stored_as(t, narrow ? format : PRECISION_F32);
    }
}

enum precision application_format(const struct application *application, uint32_t tensor) {
    return dispatch_format(application->stored, tensor);
}

enum status application_measure(struct application *out, const struct conformance_case *one) {
    const struct conformance_operator *const rules = registry_operator(one->id);
    const uint32_t tensors = operator_tensor_count(one->id);
    *out = (struct application){.id = one->id, .inputs = one->inputs};
    out->present = (1u << tensors) - 1;
    TRY(parse_sizes(out, one->sizes));
    if (rules->complete != NULL)
        rules->complete(out);
    rules->shapes(out->shapes, out);
    for (uint32_t t = 0; t < tensors; t++)
        out->elements[t] = out->present & 1u << t ? elements_of(out->shapes[t]) : 0;
    choose_formats(out, one->variant.format);
    return STATUS_OK;
}

/* FNV-1a, so that each case draws numbers of its own whichever others are run. */
static uint64_t hash(const char *text) {
    uint64_t value = 14695981039346656037u;
    for (; *text != '\0'; text++)
        value = (value ^ (unsigned char)*text) * 1099511628211u;
    return value;
}

/* Inputs that are stored in 16 bits have such numbers. */
static void round_inputs(struct application *application) {
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        for (size_t i = 0; !application_writes(application, t) && i < application->elements[t]; i++)
            if (application_format(application, t) != PRECISION_F32)
                application->values[t].f[i] =
                    precision_round(application->values[t].f[i], application_format(application, t));
}

enum status application_create(struct application *out, const struct conformance_case *one, uint64_t seed) {
    const struct conformance_operator *const rules = registry_operator(one->id);
    const uint32_t tensors = operator_tensor_count(one->id);
    TRY(application_measure(out, one));
    char name[CASE_NAME];
    registry_name(name, one->id, one->sizes, one->inputs);
    out->seed = seed ^ hash(name);
    struct philox random = philox_start(out->seed, PHILOX_STREAM_TEST, 0, 0);
    TRY(create_tensors(out, &random));
    if (rules->fill != NULL)
        rules->fill(out, &random);
    round_inputs(out);
    for (uint32_t t = 0; t < tensors; t++)
        if (out->before[t] != NULL)
            memcpy(out->before[t], out->values[t].f, out->elements[t] * sizeof(float));
    if (out->inputs == INPUTS_NAN)
        stress_spoil(out, &random);
    return STATUS_OK;
}

void application_destroy(struct application *application) {
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++) {
        if (application->present & 1u << t)
            free(application->values[t].f);
        free(application->before[t]);
        free(application->bounds[t]);
    }
}

void application_numbers(union operator_value out[OPERATOR_MAX_ARGUMENTS],
                         const struct application *application) {
    const struct operator_info *const info = operator_info(application->id);
    memset(out, 0, OPERATOR_MAX_ARGUMENTS * sizeof out[0]);
    for (uint32_t i = 0; i < info->argument_count; i++)
        if (info->arguments[i].kind == ARGUMENT_SIZE)
            out[i].size = application->values[i].n;
        else if (info->arguments[i].kind == ARGUMENT_REAL)
            out[i].real = application->values[i].real;
}

void application_call_reference(struct application *application) {
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    application_numbers(values, application);
    for (uint32_t t = 0; t < operator_tensor_count(application->id); t++)
        values[t].tensor = application->values[t].f;
    operator_info(application->id)->reference(values);
}

static void apply_and_bound(struct application *application) {
    application_call_reference(application);
    const struct conformance_operator *const rules = registry_operator(application->id);
    const bool exact = application->inputs == INPUTS_INTEGER || application->inputs == INPUTS_BITS;
    if (rules->bound != NULL && !exact)
        rules->bound(application);
}

enum status application_apply_reference(struct application *application) {
    if (application->inputs == INPUTS_NAN)
        return stress_apply(application, apply_and_bound);
    apply_and_bound(application);
    return STATUS_OK;
}
