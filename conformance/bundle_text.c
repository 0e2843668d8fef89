#include "conformance/bundle_text.h"

#include "base/json.h"
#include "conformance/device_facts.h"
#include "conformance/variants.h"

#include <stdio.h>
#include <stdlib.h>

const char *bundle_tensor(const struct bundle *bundle, uint32_t tensor) {
    const struct operator_info *const info = operator_info(bundle->application->id);
    return bundle->application->present & 1u << tensor ? info->arguments[tensor].name : NULL;
}

bool bundle_has_words(const struct bundle *bundle, uint32_t tensor) {
    const struct operator_info *const info = operator_info(bundle->application->id);
    return info->bound == BOUND_EXACT || argument_is_unsigned(info->arguments[tensor].kind);
}

static uint32_t tensor_count(const struct bundle *bundle) {
    return operator_tensor_count(bundle->application->id);
}

/* ---- case.h ---- */

/* With a macro of its length, since C has no empty arrays. */
static void add_array(struct buffer *out, const char *name, const char *length, const uint32_t *values,
                      uint32_t count) {
    buffer_add(out, "#define %s %u\nstatic const uint32_t %s[] = {", length, count, name);
    for (uint32_t i = 0; i < count; i++)
        buffer_add(out, "%s0x%08X", i != 0 ? ", " : "", values[i]);
    buffer_add(out, count != 0 ? "};\n" : "0};\n");
}

static void add_tensor(struct buffer *out, const struct bundle *bundle, uint32_t t) {
    const char *const name = bundle_tensor(bundle, t);
    const struct shape shape = bundle->application->shapes[t];
    if (name == NULL) {
        buffer_add(out, "    {NULL, %d, 1, {%d}, 0, 0, NULL, NULL, NULL},\n", BUNDLE_MISSING_ELEMENTS,
                   BUNDLE_MISSING_ELEMENTS);
        return;
    }
    buffer_add(out, "    {\"%s\", %zu, %d, {", name, bundle->application->elements[t], shape.rank);
    for (int i = 0; i < shape.rank; i++)
        buffer_add(out, "%s%zu", i != 0 ? ", " : "", shape.of[i]);
    if (application_writes(bundle->application, t))
        buffer_add(out, "}, 1, %d, \"%s.before.bin\", \"%s.expected.bin\", \"%s.tolerance.bin\"},\n",
                   bundle_has_words(bundle, t), name, name, name);
    else
        buffer_add(out, "}, 0, 1, \"%s.before.bin\", NULL, NULL},\n", name);
}

void bundle_add_header(struct buffer *out, const struct bundle *bundle) {
    const struct gpu_shader *const shader = bundle->shader;
    const uint32_t *const groups = bundle->dispatch->groups;
    buffer_add(out, "/* case.h: the dispatch, for reproduce.c. Written by mnsp-conformance " MNSP_VERSION
                    ". */\n");
    buffer_add(out, "#define CASE_NAME \"%s\"\n", bundle->one->name);
    buffer_add(out, "#define CASE_SUBGROUP_SIZE %u /* required; 0: any */\n", shader->subgroup_size);
    buffer_add(out, "#define CASE_POISON 0x%08Xu /* in what is written, before it is */\n", POISON);
    buffer_add(out, "/* Specialisation constants 0, 1, ...; push constants; workgroups. */\n");
    add_array(out, "case_constants", "CASE_CONSTANTS", shader->constants, shader->constant_count);
    add_array(out, "case_push", "CASE_PUSH_WORDS", bundle->dispatch->push, shader->push_words);
    buffer_add(out, "static const uint32_t case_groups[] = {%u, %u, %u};\n", groups[0], groups[1], groups[2]);
    buffer_add(out, "/* Bindings 0, 1, ... of set 0. */\n"
                    "static const struct case_tensor case_tensors[] = {\n");
    for (uint32_t t = 0; t < tensor_count(bundle); t++)
        add_tensor(out, bundle, t);
    buffer_add(out, "};\n");
}

/* ---- case.json ---- */

static json_t *words_json(const uint32_t *words, uint32_t count) {
    json_t *const array = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(words[i]));
    return array;
}

static json_t *tensor_json(const struct bundle *bundle, uint32_t t) {
    const struct application *const a = bundle->application;
    if (bundle_tensor(bundle, t) == NULL)
        return json_pack("{s:I, s:n}", "binding", (json_int_t)t, "tensor");
    json_t *const shape = json_array();
    for (int i = 0; i < a->shapes[t].rank; i++)
        json_array_append_new(shape, json_integer((json_int_t)a->shapes[t].of[i]));
    return json_pack(
        "{s:I, s:s, s:s, s:o, s:I, s:b, s:b}", "binding", (json_int_t)t, "tensor", bundle_tensor(bundle, t),
        "type", argument_is_unsigned(operator_info(a->id)->arguments[t].kind) ? "uint32" : "float32", "shape",
        shape, "bytes", (json_int_t)(a->elements[t] * 4), "written", application_writes(a, t), "exact",
        bundle_has_words(bundle, t) || !application_writes(a, t));
}

/* The push constants under their names. */
static json_t *numbers_json(const struct bundle *bundle) {
    const struct operator_info *const info = operator_info(bundle->application->id);
    json_t *const object = json_object();
    for (uint32_t i = tensor_count(bundle); i < info->argument_count; i++)
        json_object_set_new(object, info->arguments[i].name,
                            info->arguments[i].kind == ARGUMENT_SIZE
                                ? json_integer((json_int_t)bundle->application->values[i].n)
                                : json_real((double)bundle->application->values[i].real));
    return object;
}

static json_t *case_json(const struct bundle *bundle) {
    char variant[VARIANT_TEXT], seed[24];
    json_t *const bindings = json_array();
    for (uint32_t t = 0; t < tensor_count(bundle); t++)
        json_array_append_new(bindings, tensor_json(bundle, t));
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)bundle->seed);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:o, s:o, s:o}", "format",
        "mnsp-conformance-bundle 1", "case", bundle->one->name, "seed", seed, "operator",
        operator_info(bundle->application->id)->name, "variant", variant_name(variant, &bundle->one->variant),
        "mnsp", MNSP_VERSION, "device", device_facts(bundle->device), "specialisation_constants",
        words_json(bundle->shader->constants, bundle->shader->constant_count), "required_subgroup_size",
        (json_int_t)bundle->shader->subgroup_size, "push_constants", numbers_json(bundle), "push_words",
        words_json(bundle->dispatch->push, bundle->shader->push_words), "workgroups",
        words_json(bundle->dispatch->groups, 3), "bindings", bindings);
}

void bundle_add_json(struct buffer *out, const struct bundle *bundle) {
    json_t *const root = case_json(bundle);
    char *const text = root != NULL ? json_dumps(root, JSON_INDENT(2)) : NULL;
    if (text != NULL)
        buffer_add(out, "%s\n", text);
    else
        out->failed = true;
    free(text);
    json_decref(root);
}
