#include "conformance/registry.h"

#include "base/memory.h"
#include "conformance/application.h"
#include "conformance/execute.h"
#include "conformance/extremes.h"
#include "conformance/limits.h"
#include "conformance/random_sizes.h"
#include "conformance/steps.h"
#include "conformance/stress.h"

#include <fnmatch.h>
#include <stdio.h>

static const struct conformance_operator *const operators[] = {
#define OPERATOR(name, gradient, bound, grid, ...) [OPERATOR_##name] = &conformance_##name,
#include "spec/operators.def"
};

/* Cases that are no single operator; ends with NULL. */
static const struct conformance_group *const groups[] = {&conformance_steps, &conformance_limits, NULL};

enum {
    SMOKE_ELEMENTS = 1 << 15, /* of all tensors together, at most */
    RANDOM_DRAWS = 6          /* from each pattern of sizes */
};

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

/* CPUs are slow at many workgroups, and their number is no variant's affair. */
static bool has_many_groups(const struct variant *variant, enum operator_id id,
                            const union operator_value *numbers, uint32_t stored) {
    enum { MANY = 65535 };
    struct dispatch dispatch;
    return variant_dispatch(&dispatch, variant, id, numbers, stored, NULL) != STATUS_OK ||
           (uint64_t)dispatch.groups[0] * dispatch.groups[1] * dispatch.groups[2] > MANY;
}

/* The case in that variant, whose name goes behind its own. */
static enum status append_variant(struct list *list, const struct conformance_case *one,
                                  const struct variant *variant, enum conformance_set set) {
    char text[VARIANT_TEXT];
    struct conformance_case other = *one;
    const size_t length = strlen(one->name);
    other.variant = *variant;
    other.set = set;
    snprintf(other.name + length, sizeof other.name - length, "@%s", variant_name(text, variant));
    return append(list, &other);
}

/* A case, whose variant is how its tensors are stored, in all others. */
struct base {
    const struct conformance_case *one;
    struct application application;
    union operator_value numbers[OPERATOR_MAX_ARGUMENTS];
};

static enum status measure(struct base *out, const struct conformance_case *one) {
    out->one = one;
    TRY(application_measure(&out->application, one));
    application_numbers(out->numbers, &out->application);
    return STATUS_OK;
}

/* Where there is a choice, each as a case of its own. */
static enum status append_variants(struct list *list, const struct base *base) {
    struct variant variants[VARIANTS_MAX];
    const struct conformance_case *const one = base->one;
    const uint32_t stored = base->application.stored;
    const size_t count = variants_list(variants, one->id, base->numbers, stored, NULL);
    for (size_t i = 0; count > 1 && i < count; i++) {
        enum conformance_set set = one->set == SET_SMOKE ? SET_STANDARD : one->set;
        if (has_many_groups(&variants[i], one->id, base->numbers, stored))
            set = SET_FULL;
        variants[i].format = one->variant.format;
        TRY(append_variant(list, one, &variants[i], set));
    }
    return STATUS_OK;
}

/* Compilers take long for the larger ones, so that a few sizes must do, with which every result is exact. */
static enum status append_tilings(struct list *list, const struct base *base, unsigned flags) {
    struct variant variants[VARIANTS_MAX];
    const struct conformance_case *const one = base->one;
    const size_t count = variants_tilings(variants, one->id, base->numbers);
    for (size_t i = 0; i < count; i++) {
        const bool shows = one->inputs == INPUTS_INTEGER || variants[i].tiling->variant == SHADER_MATRICES;
        variants[i].format = one->variant.format;
        TRY(append_variant(list, one, &variants[i], flags & IN_TILES && shows ? SET_STANDARD : SET_FULL));
    }
    return STATUS_OK;
}

/* The case with tensors of 16 bits, where some can be stored so: in the format to which the operator rounds
 * what it reads, or in either if it reads nothing of the kind. */
static bool may_be_stored(struct base *base, const struct conformance_case *one) {
    const uint32_t rounding = operator_argument_index(one->id, "rounding");
    struct conformance_case wide = *one;
    struct application application;
    wide.variant.format = PRECISION_F32;
    if (application_measure(&application, &wide) != STATUS_OK || measure(base, one) != STATUS_OK)
        return false;
    const bool rounds = rounding < operator_info(one->id)->argument_count;
    return application.stored != base->application.stored &&
           (!rounds || base->numbers[rounding].size == one->variant.format);
}

/* The case in every way to run it and to store its tensors. */
static enum status append_case(struct list *list, const struct conformance_case *one, unsigned flags,
                               bool in_variants) {
    struct base base;
    TRY(append(list, one));
    if (measure(&base, one) == STATUS_OK && in_variants) {
        TRY(append_variants(list, &base));
        TRY(append_tilings(list, &base, flags));
    }
    for (enum precision format = PRECISION_F16; format < PRECISION_COUNT; format++) {
        struct conformance_case narrow = *one;
        narrow.variant.format = format;
        if (!may_be_stored(&base, &narrow))
            continue;
        TRY(append_variant(list, one, &narrow.variant, one->set));
        if (in_variants) {
            TRY(append_variants(list, &base));
            TRY(append_tilings(list, &base, flags));
        }
    }
    return STATUS_OK;
}

/* With every kind of inputs that the flags allow. */
static enum status append_sizes(struct list *list, enum operator_id id, const char *sizes, unsigned flags) {
    for (enum inputs inputs = 0; inputs < INPUTS_COUNT; inputs++) {
        if (!(flags & 1u << inputs))
            continue;
        struct conformance_case one = {.id = id, .inputs = inputs, .sizes = sizes};
        registry_name(one.name, id, sizes, inputs);
        one.set = set_of(&one, flags);
        TRY(append_case(list, &one, flags, true));
    }
    return STATUS_OK;
}

static enum status append_operator(struct list *list, enum operator_id id) {
    for (size_t i = 0; i < operators[id]->count; i++)
        TRY(append_sizes(list, id, operators[id]->sizes[i].text, operators[id]->sizes[i].inputs));
    return STATUS_OK;
}

static enum status append_extremes(struct list *list, enum operator_id id) {
    size_t count;
    const struct extreme *const extremes = extremes_list(&count);
    for (size_t i = 0; i < count; i++)
        if (extremes[i].id == id)
            TRY(append_sizes(list, id, extremes[i].sizes.text, extremes[i].sizes.inputs));
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
            TRY(append_case(list, &one, 0, false));
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
        TRY(append_extremes(list, id));
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

/* ---- random sizes ---- */

static bool is_in_table(enum operator_id id, const char *text) {
    for (size_t i = 0; i < operators[id]->count; i++)
        if (strcmp(operators[id]->sizes[i].text, text) == 0)
            return true;
    return false;
}

/* The draws of one operator, without those that its table has, or that were drawn before. */
static enum status append_random(struct list *list, enum operator_id id, uint64_t seed, char **texts,
                                 size_t *count) {
    struct philox random = philox_start(seed, PHILOX_STREAM_TEST, 1, (uint64_t)id << 32);
    const size_t first = *count;
    for (size_t i = 0; i < RANDOM_DRAWS * operators[id]->pattern_count; i++) {
        const struct sizes *const pattern = &operators[id]->patterns[i / RANDOM_DRAWS];
        char text[CASE_NAME];
        TRY(random_sizes(text, sizeof text, pattern->text, &random));
        size_t earlier = first;
        while (earlier < *count && strcmp(texts[earlier], text) != 0)
            earlier++;
        if (earlier < *count || is_in_table(id, text))
            continue;
        TRY(memory_copy_text(&texts[*count], text));
        TRY(append_sizes(list, id, texts[(*count)++], pattern->inputs | IN_FULL));
    }
    return STATUS_OK;
}

enum status registry_random_cases(struct conformance_case **out, size_t *count, char ***texts,
                                  size_t *text_count, const char *glob, uint64_t seed) {
    struct list list = {.glob = glob};
    size_t patterns = 0;
    for (enum operator_id id = 0; id < OPERATOR_COUNT; id++)
        patterns += operators[id]->pattern_count;
    *text_count = 0;
    enum status status = memory_new(texts, RANDOM_DRAWS * patterns, sizeof **texts);
    for (enum operator_id id = 0; id < OPERATOR_COUNT && status == STATUS_OK; id++)
        status = append_random(&list, id, seed, *texts, text_count);
    *out = list.cases;
    *count = list.count;
    return status;
}
