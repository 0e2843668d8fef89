#include "conformance/variants.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const feature_names[] = {
    [FEATURE_NARROW] = "narrow",   [FEATURE_QUADS] = "quads",         [FEATURE_ARITHMETIC] = "arithmetic",
    [FEATURE_FLOAT16] = "float16", [FEATURE_STORAGE16] = "storage16",
};

/* Whether operators with the grids GROUPS and ROWS have it: any width of a workgroup, a
 * power of two, will do. */
#define ELEMENTS(n) false
#define FOURS(n)    false
#define GROUPS(n)   true
#define ROWS(n, w)  true
#define TILES(name) false
static const bool any_width[] = {
#define OPERATOR(name, gradient, bound, grid, ...) [OPERATOR_##name] = grid,
#include "spec/operators.def"
};

static const uint32_t widths[] = {8, 64, 256};

/* ---- names ---- */

/* All but how tensors are stored. */
static void write_choice(char *out, size_t size, const struct variant *variant) {
    size_t used = 0;
    if (variant->width != 0) {
        snprintf(out, size, "width=%u", variant->width);
    } else if (variant->tiling != NULL) {
        snprintf(out, size, "tiles=%s", variant->tiling->name);
    } else {
        snprintf(out, size, "plain");
        for (int i = 0; i < FEATURE_COUNT; i++)
            if (variant->features & 1u << i)
                used += (size_t)snprintf(out + used, size - used, used ? "+%s" : "%s", feature_names[i]);
    }
}

const char *variant_name(char out[VARIANT_TEXT], const struct variant *variant) {
    size_t used = 0;
    out[0] = '\0';
    if (variant->format != PRECISION_F32)
        used = (size_t)snprintf(out, VARIANT_TEXT, "stored=%s%s", precision_name(variant->format),
                                variant->is_forced ? "," : "");
    if (variant->is_forced)
        write_choice(out + used, VARIANT_TEXT - used, variant);
    return out;
}

static enum status add_feature(struct variant *out, const char *name, size_t length) {
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (strlen(feature_names[i]) == length && strncmp(feature_names[i], name, length) == 0) {
            out->features |= 1u << i;
            return STATUS_OK;
        }
    return status_set(STATUS_INVALID, "'%.*s' is no feature of variants", (int)length, name);
}

/* "stored=f16", and what may follow it behind a comma; returns that. */
static const char *read_format(enum precision *out, const char *name) {
    char text[VARIANT_TEXT];
    const char *const comma = strchr(name, ',');
    const size_t length = comma != NULL ? (size_t)(comma - name) : strlen(name);
    for (enum precision format = PRECISION_F16; format < PRECISION_COUNT; format++) {
        snprintf(text, sizeof text, "stored=%s", precision_name(format));
        if (strlen(text) != length || strncmp(text, name, length) != 0 || (comma != NULL && comma[1] == '\0'))
            continue;
        *out = format;
        return comma != NULL ? comma + 1 : name + length;
    }
    return name;
}

enum status variant_by_name(struct variant *out, const char *name) {
    enum precision format = PRECISION_F32;
    name = read_format(&format, name);
    *out = (struct variant){.format = format, .is_forced = name[0] != '\0'};
    if (!out->is_forced || strcmp(name, "plain") == 0)
        return STATUS_OK;
    if (strncmp(name, "width=", 6) == 0) {
        out->width = (uint32_t)strtoul(name + 6, NULL, 10);
        for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
            if (widths[i] == out->width)
                return STATUS_OK;
        return status_set(STATUS_INVALID, "'%s': workgroups are 8, 64 or 256 wide", name);
    }
    if (strncmp(name, "tiles=", 6) == 0) {
        out->tiling = tiling_by_name(name + 6);
        return out->tiling != NULL
                   ? STATUS_OK
                   : status_set(STATUS_INVALID, "'%s': host/graph/tiling.c has no such row", name);
    }
    for (const char *rest = name;; rest++) {
        const size_t length = strcspn(rest, "+");
        TRY(add_feature(out, rest, length));
        rest += length;
        if (*rest == '\0')
            return STATUS_OK;
    }
}

/* ---- features ---- */

static unsigned features_of(const struct gpu_properties *device) {
    return 1u << FEATURE_NARROW | (unsigned)device->subgroup_quad << FEATURE_QUADS |
           (unsigned)device->subgroup_arithmetic << FEATURE_ARITHMETIC |
           (unsigned)device->float16 << FEATURE_FLOAT16 | (unsigned)device->storage16 << FEATURE_STORAGE16;
}

/* The device without the features that are not in the set. */
static struct gpu_properties reduced(const struct gpu_properties *device, unsigned features) {
    struct gpu_properties out = *device;
    if (features & 1u << FEATURE_NARROW)
        out.type = GPU_TYPE_CPU;
    else if (out.type == GPU_TYPE_CPU)
        out.type = GPU_TYPE_DISCRETE;
    out.subgroup_quad = (features & 1u << FEATURE_QUADS) != 0;
    out.subgroup_arithmetic = (features & 1u << FEATURE_ARITHMETIC) != 0;
    out.float16 = (features & 1u << FEATURE_FLOAT16) != 0;
    out.storage16 = (features & 1u << FEATURE_STORAGE16) != 0;
    return out;
}

enum status variant_require(const struct variant *variant, enum precision precision,
                            const struct gpu_properties *device) {
    if (variant->tiling != NULL && !tiling_fits(variant->tiling, precision, device))
        return status_set(STATUS_UNSUPPORTED, "%s cannot run products in %s in tiles of %s", device->name,
                          precision_name(precision), variant->tiling->name);
    const unsigned lacking = variant->features & ~features_of(device);
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (lacking & 1u << i)
            return status_set(STATUS_UNSUPPORTED, "%s does not have what the variant needs: %s", device->name,
                              feature_names[i]);
    return STATUS_OK;
}

/* A device that has everything, with the least limits. */
static const struct gpu_properties any_device = {
    .name = "any device",
    .type = GPU_TYPE_DISCRETE,
    .max_invocations = 256,
    .max_shared_bytes = 16384,
    .max_push_bytes = 128,
    .max_groups = {65535, 65535, 65535},
    .subgroup_size = 32,
    .subgroup_quad = true,
    .subgroup_arithmetic = true,
    .int64 = true,
    .float16 = true,
    .storage16 = true,
};

enum status variant_dispatch(struct dispatch *out, const struct variant *variant, enum operator_id id,
                             const union operator_value *values, uint32_t stored,
                             const struct gpu_properties *device) {
    if (device == NULL)
        device = &any_device;
    if (!variant->is_forced)
        return dispatch_choose(out, id, values, stored, device);
    TRY(variant_require(variant, id == OPERATOR_matmul ? product_of(values, stored).precision : PRECISION_F32,
                        device));
    if (variant->tiling != NULL)
        return dispatch_choose_tiled(out, id, values, stored, device, variant->tiling);
    const struct gpu_properties seen = reduced(device, variant->features);
    TRY(dispatch_choose(out, id, values, stored, &seen));
    if (variant->width != 0)
        out->constants[1] = variant->width;
    return STATUS_OK;
}

/* ---- the list ---- */

static bool same_dispatch(const struct dispatch *a, const struct dispatch *b) {
    return a->variant == b->variant && a->subgroup_size == b->subgroup_size &&
           a->constant_count == b->constant_count &&
           memcmp(a->constants, b->constants, a->constant_count * sizeof a->constants[0]) == 0 &&
           memcmp(a->groups, b->groups, sizeof a->groups) == 0;
}

struct list {
    struct variant *variants;
    struct dispatch dispatches[VARIANTS_MAX];
    size_t count;
};

/* Unless it cannot be run, or is there already. */
static void add(struct list *list, const struct variant *variant, enum operator_id id,
                const union operator_value *values, uint32_t stored, const struct gpu_properties *device) {
    struct dispatch *const dispatch = &list->dispatches[list->count];
    if (list->count == VARIANTS_MAX - 1 ||
        variant_dispatch(dispatch, variant, id, values, stored, device) != STATUS_OK)
        return;
    for (size_t i = 0; i < list->count; i++)
        if (same_dispatch(dispatch, &list->dispatches[i]))
            return;
    list->variants[list->count++] = *variant;
}

static int bits_of(unsigned set) {
    int count = 0;
    for (; set != 0; set &= set - 1)
        count++;
    return count;
}

size_t variants_list(struct variant out[VARIANTS_MAX], enum operator_id id,
                     const union operator_value *values, uint32_t stored,
                     const struct gpu_properties *device) {
    struct list list = {.variants = out};
    for (int size = 0; size <= FEATURE_COUNT; size++)
        for (unsigned features = 0; features < 1u << FEATURE_COUNT; features++)
            if (bits_of(features) == size)
                add(&list, &(struct variant){.is_forced = true, .features = features}, id, values, stored,
                    device);
    for (size_t i = 0; any_width[id] && i < sizeof widths / sizeof widths[0]; i++)
        add(&list, &(struct variant){.is_forced = true, .width = widths[i]}, id, values, stored, device);
    return list.count;
}

size_t variants_tilings(struct variant out[VARIANTS_MAX], enum operator_id id,
                        const union operator_value *values) {
    size_t count = 0;
    if (id != OPERATOR_matmul)
        return 0;
    const enum precision precision = product_of(values, 0).precision;
    for (size_t i = 0; tiling_at(i) != NULL && count < VARIANTS_MAX; i++) {
        const bool matrices = tiling_at(i)->variant == SHADER_MATRICES;
        if (matrices == (precision != PRECISION_F32))
            out[count++] = (struct variant){.is_forced = true, .tiling = tiling_at(i)};
    }
    return count;
}
