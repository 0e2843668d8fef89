/* devices.c: which Vulkan devices there are, what matters of them, and how each would run the operators. */
#include "cli/cli.h"
#include "cli/json.h"

#include "base/memory.h"
#include "graph/dispatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"json", NULL, "print one JSON object"},
    {0},
};

/* ---- words ---- */

static const char *type_name(enum gpu_device_type type) {
    static const char *const names[] = {[GPU_TYPE_OTHER] = "other",
                                        [GPU_TYPE_INTEGRATED] = "integrated",
                                        [GPU_TYPE_DISCRETE] = "discrete",
                                        [GPU_TYPE_VIRTUAL] = "virtual",
                                        [GPU_TYPE_CPU] = "CPU"};
    return names[type];
}

/* A version as Vulkan packs it. */
static const char *version_text(uint32_t version, char text[24]) {
    snprintf(text, 24, "%u.%u.%u", version >> 22 & 0x7F, version >> 12 & 0x3FF, version & 0xFFF);
    return text;
}

static const char *variant_name(enum shader_variant variant) {
    static const char *const names[SHADER_VARIANT_COUNT] = {[SHADER_PLAIN] = "plain",
                                                            [SHADER_QUADS] = "quads",
                                                            [SHADER_QUADS_INT64] = "quads, 64-bit loads",
                                                            [SHADER_MATRICES] = "matrices",
                                                            [SHADER_MATRICES_BF16] = "matrices in bf16"};
    return names[variant];
}

/* ---- how an operator would be run ---- */

/* Sizes as in a step of ViT-S with 8 images; arguments that are not here are 1. */
static size_t typical_size(const char *argument) {
    static const struct {
        const char *name;
        size_t value;
    } sizes[] = {{"batch", 8},       {"heads", 6},      {"queries", 257},  {"keys", 257},
                 {"head_width", 64}, {"m", 2056},       {"n", 1536},       {"k", 384},
                 {"rows", 2056},     {"width", 384},    {"count", 789504}, {"q_pitch", 1152},
                 {"k_pitch", 1152},  {"v_pitch", 1152}, {"q_offset", 0},   {"k_offset", 384},
                 {"v_offset", 768},  {"rounding", 0},   {"gelu", 0},       {"transpose_a", 0},
                 {"transpose_b", 0}, {"causal", 0}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        if (strcmp(sizes[i].name, argument) == 0)
            return sizes[i].value;
    return 1;
}

static enum status choose(struct dispatch *out, enum operator_id id, const struct gpu_properties *device) {
    const struct operator_info *const info = operator_info(id);
    union operator_value values[OPERATOR_MAX_ARGUMENTS] = {0};
    uint32_t stored = 0;
    for (uint32_t i = 0; i < info->argument_count; i++) {
        if (argument_is_tensor(info->arguments[i].kind))
            stored |= dispatch_stored_as(i, PRECISION_F32);
        else if (info->arguments[i].kind == ARGUMENT_SIZE)
            values[i].size = typical_size(info->arguments[i].name);
    }
    return dispatch_choose(out, id, values, stored, device);
}

enum { FORM_SIZE = 160 };

static void describe(char text[FORM_SIZE], const struct dispatch *dispatch) {
    char subgroup[48] = "";
    if (dispatch->subgroup_size > 0)
        snprintf(subgroup, sizeof subgroup, ", subgroups of %u", dispatch->subgroup_size);
    snprintf(text, FORM_SIZE, "%s, workgroups of %u%s%s%s", variant_name(dispatch->variant),
             dispatch->constants[1], subgroup, dispatch->form[0] ? ", " : "", dispatch->form);
}

/* ---- text ---- */

struct forms {
    char of[OPERATOR_COUNT][FORM_SIZE];
};

/* A line with all operators of the form that operator `first` has. */
static void print_form(const struct forms *forms, int first) {
    enum { MARGIN = 8, WIDTH = 96 };
    int column = MARGIN - 1;
    printf("      %s:\n%*s", forms->of[first], column, "");
    for (int id = first; id < OPERATOR_COUNT; id++) {
        const char *const name = operator_info((enum operator_id)id)->name;
        if (strcmp(forms->of[id], forms->of[first]) != 0)
            continue;
        if (column + (int)strlen(name) > WIDTH) {
            column = MARGIN - 1;
            printf("\n%*s", column, "");
        }
        column += printf(" %s", name);
    }
    printf("\n");
}

/* Why products of that precision cannot use cooperative matrices; "" when they can. */
static const char *matrices_missing(const struct gpu_properties *device, enum precision precision) {
    const enum shader_variant variant = precision == PRECISION_BF16 ? SHADER_MATRICES_BF16 : SHADER_MATRICES;
    if (device->matrix[precision].m == 0)
        return device->matrix[precision].missing;
    return operator_shader(OPERATOR_matmul, variant).code != NULL
               ? ""
               : "this build lacks them; build it with glslang 12 to 15 (the package glslang-tools)";
}

static void print_matrices(const struct gpu_properties *device, enum precision precision) {
    const struct gpu_matrix *const matrix = &device->matrix[precision];
    const char *const missing = matrices_missing(device, precision), *const name = precision_name(precision);
    if (missing[0] != '\0')
        printf("      without matrices for products in %s: %s\n", name, missing);
    else
        printf(
            "      matrices for products in %s, where measured to be faster: %ux%ux%u by subgroups of %u\n",
            name, matrix->m, matrix->n, matrix->k, device->subgroup_size);
}

static enum status print_operators(const struct gpu_properties *device) {
    struct forms forms = {0};
    for (int id = 0; id < OPERATOR_COUNT; id++) {
        struct dispatch dispatch;
        TRY(choose(&dispatch, (enum operator_id)id, device));
        describe(forms.of[id], &dispatch);
    }
    printf("    operators, as in a step of ViT-S\n");
    for (int id = 0; id < OPERATOR_COUNT; id++) {
        int first = 0;
        while (strcmp(forms.of[first], forms.of[id]) != 0)
            first++;
        if (first == id)
            print_form(&forms, id);
    }
    if (!device->subgroup_quad)
        printf("      without the variant quads: the driver has no quad operations in compute shaders\n");
    for (enum precision precision = PRECISION_F16; precision < PRECISION_COUNT; precision++)
        print_matrices(device, precision);
    return STATUS_OK;
}

static void print_limits(const struct gpu_properties *p) {
    printf("    memory      %.1f GiB; %llu MiB in one allocation, %llu MiB in one tensor\n",
           (double)p->memory_bytes / (1 << 30), (unsigned long long)(p->max_allocation >> 20),
           (unsigned long long)(p->max_storage_range >> 20));
    printf("    workgroup   %u invocations, %u KiB of shared memory\n", p->max_invocations,
           p->max_shared_bytes >> 10);
    printf("    subgroup    %u invocations", p->subgroup_size);
    if (p->subgroup_max > 0)
        printf(", %u to %u on request", p->subgroup_min, p->subgroup_max);
    printf("; arithmetic: %s; quads: %s\n", p->subgroup_arithmetic ? "yes" : "no",
           p->subgroup_quad ? "yes" : "no");
    printf("    also        64-bit integers: %s; 16-bit floats: %s; 16-bit storage: %s; time stamps: %s\n",
           p->int64 ? "yes" : "no", p->float16 ? "yes" : "no", p->storage16 ? "yes" : "no",
           p->timestamps ? "yes" : "no");
}

static enum status print_device(const struct gpu_properties *p, size_t index, bool is_default) {
    char version[24];
    printf("%zu  %s%s\n", index, p->name, is_default ? "  (default)" : "");
    printf("    driver      %s; Vulkan %s; %s\n", p->driver, version_text(p->api_version, version),
           type_name(p->type));
    print_limits(p);
    if (p->missing[0] != '\0') {
        printf("    cannot be used: %s\n", p->missing);
        return STATUS_OK;
    }
    return print_operators(p);
}

static enum status print_text(const struct gpu_properties *list, size_t count, size_t standard) {
    for (size_t i = 0; i < count; i++)
        TRY(print_device(&list[i], i, i == standard));
    printf("reference\n    scalar C on the processor, always there, slow: --device reference\n");
    return STATUS_OK;
}

/* ---- JSON ---- */

static json_t *limits_json(const struct gpu_properties *p) {
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "memory_bytes",
                     (json_int_t)p->memory_bytes, "max_allocation", (json_int_t)p->max_allocation,
                     "max_storage_range", (json_int_t)p->max_storage_range, "max_invocations",
                     (json_int_t)p->max_invocations, "max_shared_bytes", (json_int_t)p->max_shared_bytes,
                     "max_push_bytes", (json_int_t)p->max_push_bytes, "subgroup_size",
                     (json_int_t)p->subgroup_size, "subgroup_min", (json_int_t)p->subgroup_min,
                     "subgroup_max", (json_int_t)p->subgroup_max);
}

static json_t *features_json(const struct gpu_properties *p) {
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "subgroup_arithmetic", p->subgroup_arithmetic,
                     "subgroup_quad", p->subgroup_quad, "int64", p->int64, "float16", p->float16, "storage16",
                     p->storage16, "timestamps", p->timestamps);
}

/* By precision, the size of cooperative matrices, or why there are none. */
static json_t *matrices_json(const struct gpu_properties *p) {
    json_t *const object = json_object();
    for (enum precision precision = PRECISION_F16; precision < PRECISION_COUNT; precision++) {
        const struct gpu_matrix *const matrix = &p->matrix[precision];
        const char *const missing = matrices_missing(p, precision);
        json_object_set_new(object, precision_name(precision),
                            missing[0] != '\0'
                                ? json_pack("{s:s}", "missing", missing)
                                : json_pack("{s:i, s:i, s:i, s:i}", "m", matrix->m, "n", matrix->n, "k",
                                            matrix->k, "subgroup", p->subgroup_size));
    }
    return object;
}

/* By the operator's name; NULL on failure. */
static json_t *operators_json(const struct gpu_properties *p) {
    json_t *const object = json_object();
    for (int id = 0; id < OPERATOR_COUNT && p->missing[0] == '\0'; id++) {
        struct dispatch dispatch;
        if (choose(&dispatch, (enum operator_id)id, p) != STATUS_OK)
            continue;
        json_object_set_new(object, operator_info((enum operator_id)id)->name,
                            json_pack("{s:s, s:I, s:I, s:s}", "variant", variant_name(dispatch.variant),
                                      "workgroup", (json_int_t)dispatch.constants[1], "subgroup",
                                      (json_int_t)dispatch.subgroup_size, "form", dispatch.form));
    }
    return object;
}

static json_t *device_json(const struct gpu_properties *p, size_t index, bool is_default) {
    char version[24];
    return json_pack("{s:I, s:o, s:o, s:s, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:o}", "index",
                     (json_int_t)index, "name", cli_json_text(p->name), "driver", cli_json_text(p->driver),
                     "type", type_name(p->type), "vulkan", version_text(p->api_version, version), "default",
                     is_default, "usable", p->missing[0] == '\0', "missing", cli_json_text(p->missing),
                     "limits", limits_json(p), "features", features_json(p), "matrices", matrices_json(p),
                     "operators", operators_json(p));
}

static enum status print_json(const struct gpu_properties *list, size_t count, size_t standard,
                              const char *why) {
    json_t *const devices = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(devices, device_json(&list[i], i, i == standard));
    return cli_print_json(json_pack("{s:o, s:o}", "devices", devices, "problem", cli_json_text(why)));
}

/* ---- the command ---- */

static enum status run(const struct cli_values *values) {
    struct gpu_properties *list;
    size_t count;
    const char *why;
    TRY(gpu_devices_list(&list, &count, &why));
    size_t standard = gpu_devices_choose(list, count, NULL);
    const bool usable = standard < count && list[standard].missing[0] == '\0';
    if (!usable) /* the best of them is not taken either */
        standard = count;
    enum status status = cli_given(values, "json") ? print_json(list, count, standard, why)
                                                   : print_text(list, count, standard);
    free(list);
    if (status == STATUS_OK && count == 0)
        status = status_set(STATUS_DEVICE, "%s, or use --device reference", why);
    else if (status == STATUS_OK && !usable)
        status = status_set(STATUS_UNSUPPORTED,
                            "none of the Vulkan devices can be used: update the driver, or use --device "
                            "reference");
    return status;
}

const struct cli_command command_devices = {
    .name = "devices",
    .operands = "",
    .summary = "list the Vulkan devices, what they offer, and how each would run the operators",
    .example = "mnsp devices",
    .options = options,
    .run = run,
};
