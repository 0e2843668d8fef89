#include "graph/tiling.h"

#include "graph/dispatch.h"
#include "graph/operator_index.h"

#include <string.h>

#define SIZE_OF(argument)   (values[ARGUMENT_INDEX(matmul, argument)].size)
#define IS_NARROW(argument) (dispatch_format(stored, ARGUMENT_INDEX(matmul, argument)) != PRECISION_F32)

struct product product_of(const union operator_value *values, uint32_t stored) {
    return (struct product){
        .batch = SIZE_OF(batch),
        .m = SIZE_OF(m),
        .n = SIZE_OF(n),
        .k = SIZE_OF(k),
        .transpose_a = SIZE_OF(transpose_a) != 0,
        .transpose_b = SIZE_OF(transpose_b) != 0,
        .precision = (enum precision)SIZE_OF(rounding),
        .narrow_a = IS_NARROW(a),
        .narrow_b = IS_NARROW(b),
        .narrow_c = IS_NARROW(c),
    };
}

uint32_t product_stored(const struct product *product) {
    const enum precision narrow = product->precision;
    return dispatch_stored_as(ARGUMENT_INDEX(matmul, a), product->narrow_a ? narrow : PRECISION_F32) |
           dispatch_stored_as(ARGUMENT_INDEX(matmul, b), product->narrow_b ? narrow : PRECISION_F32) |
           dispatch_stored_as(ARGUMENT_INDEX(matmul, c), product->narrow_c ? narrow : PRECISION_F32);
}

/* Of each variant, large ones first.
 *
 * registers: for CPUs with quad operations, where one vector of eight invocations is a workgroup.
 * Wider tiles do not pay: their code leaves the instruction cache, since these drivers write out
 * every load of every lane.
 *
 * shared: for GPUs. Registers per invocation are rows x columns and some 16 more; a tile is loaded
 * rows + columns times for rows x columns products, so that large ones are better where there are
 * enough to fill the device.
 *
 * matrices: subgroups in a workgroup, and matrices in a subgroup. A subgroup of 32 with 4 x 4 matrices of 16
 * x 16 has 128 sums in each invocation. */
static const struct tiling table[] = {
    {"registers-48x16", SHADER_QUADS, true, 8, 24, 4, 2, 0},
    {"registers-32x16", SHADER_QUADS, false, 8, 16, 4, 2, 0},
    {"registers-16x32", SHADER_QUADS, false, 8, 16, 4, 1, 0},
    {"registers-4x32", SHADER_QUADS, true, 8, 4, 4, 1, 0},
    {"shared-128x128", SHADER_PLAIN, true, 256, 8, 8, 16, 8},
    {"shared-128x64", SHADER_PLAIN, false, 128, 8, 8, 16, 16},
    {"shared-64x128", SHADER_PLAIN, false, 128, 8, 8, 8, 16},
    {"shared-64x64", SHADER_PLAIN, true, 256, 4, 4, 16, 16},
    {"shared-64x64-wide", SHADER_PLAIN, false, 64, 8, 8, 8, 16},
    {"shared-32x64", SHADER_PLAIN, false, 64, 4, 8, 8, 16},
    {"shared-32x32", SHADER_PLAIN, true, 64, 4, 4, 8, 16},
    {"matrices-2x2-of-4x4", SHADER_MATRICES, false, 4, 4, 4, 2, 2},
    {"matrices-2x2-of-4x2", SHADER_MATRICES, false, 4, 4, 2, 2, 2},
    {"matrices-2x2-of-2x2", SHADER_MATRICES, false, 4, 2, 2, 2, 2},
    {"matrices-1x2-of-2x2", SHADER_MATRICES, false, 2, 2, 2, 1, 4},
};

enum { COUNT = sizeof table / sizeof table[0] };

const struct tiling *tiling_at(size_t index) {
    return index < COUNT ? &table[index] : NULL;
}

const struct tiling *tiling_by_name(const char *name) {
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static bool uses_matrices(const struct tiling *tiling) {
    return tiling->variant == SHADER_MATRICES;
}

enum shader_variant tiling_shader(const struct tiling *tiling, enum precision precision,
                                  const struct gpu_properties *device) {
    if (tiling->variant == SHADER_QUADS && device->int64)
        return SHADER_QUADS_INT64;
    return uses_matrices(tiling) && precision == PRECISION_BF16 ? SHADER_MATRICES_BF16 : tiling->variant;
}

uint32_t tiling_rows(const struct tiling *tiling, enum precision precision,
                     const struct gpu_properties *device) {
    return tiling->lane_rows * tiling->rows * (uses_matrices(tiling) ? device->matrix[precision].m : 1);
}

uint32_t tiling_columns(const struct tiling *tiling, enum precision precision,
                        const struct gpu_properties *device) {
    return tiling->width / tiling->lane_rows * tiling->columns *
           (uses_matrices(tiling) ? device->matrix[precision].n : 1);
}

uint64_t tiling_count(const struct tiling *tiling, const struct product *product,
                      const struct gpu_properties *device) {
    const uint64_t rows = tiling_rows(tiling, product->precision, device);
    const uint64_t columns = tiling_columns(tiling, product->precision, device);
    return (uint64_t)product->batch * ((product->m + rows - 1) / rows) *
           ((product->n + columns - 1) / columns);
}

uint32_t tiling_width(const struct tiling *tiling, const struct gpu_properties *device) {
    return tiling->width * (uses_matrices(tiling) ? device->subgroup_size : 1);
}

/* Of both operands, and of the sums where they are matrices, with the padding of shaders/matmul.comp. Which
 * way an operand is stored there makes a difference: this is the larger one. */
static uint32_t shared_bytes(const struct tiling *tiling, enum precision precision,
                             const struct gpu_properties *device) {
    const struct gpu_matrix *const matrix = &device->matrix[precision];
    const uint32_t rows = tiling_rows(tiling, precision, device);
    const uint32_t columns = tiling_columns(tiling, precision, device);
    if (!uses_matrices(tiling))
        return tiling->depth * (rows / 4 + 1 + columns / 4 + 1) * 16;
    const uint32_t depth = tiling->depth * matrix->k, padding = 8;
    const uint32_t halves = rows * depth + padding * (rows > depth ? rows : depth) + columns * depth +
                            padding * (columns > depth ? columns : depth);
    return halves * 2 + tiling->width * matrix->m * matrix->n * 4;
}

/* This build may have no code of a variant. */
static bool is_built(enum shader_variant variant) {
    return operator_shader(OPERATOR_matmul, variant).code != NULL;
}

bool tiling_fits(const struct tiling *tiling, enum precision precision, const struct gpu_properties *device) {
    if (uses_matrices(tiling) && device->matrix[precision].m == 0)
        return false;
    return is_built(tiling_shader(tiling, precision, device)) &&
           tiling_width(tiling, device) <= device->max_invocations &&
           shared_bytes(tiling, precision, device) <= device->max_shared_bytes &&
           (tiling->variant != SHADER_QUADS || device->subgroup_quad);
}

bool tiling_suits(const struct tiling *tiling, const struct gpu_properties *device) {
    const bool quads = device->type == GPU_TYPE_CPU && device->subgroup_quad;
    return uses_matrices(tiling) || tiling->variant == (quads ? SHADER_QUADS : SHADER_PLAIN);
}

/* So many workgroups keep a GPU busy: large ones have 80 to 140 processors. */
enum { ENOUGH_TILES = 128 };

/* Whether a tiling would leave much of the device idle. On CPUs few rows, as when a text is written symbol by
 * symbol, would leave most of a large tile empty. */
static bool is_too_large(const struct tiling *tiling, const struct product *product,
                         const struct gpu_properties *device) {
    enum { THIN_ROWS = 8 };
    if (tiling->variant == SHADER_QUADS)
        return product->m <= THIN_ROWS && tiling_rows(tiling, product->precision, device) > THIN_ROWS;
    return tiling_count(tiling, product, device) < ENOUGH_TILES;
}

const struct tiling *tiling_standard(const struct product *product, const struct gpu_properties *device) {
    const struct tiling *choice = NULL;
    for (size_t i = 0; i < COUNT; i++) {
        if (!table[i].is_standard || !tiling_suits(&table[i], device))
            continue;
        if (choice == NULL || is_too_large(choice, product, device))
            choice = &table[i];
    }
    return choice;
}

/* A part must be long enough for its sum to cost much more than writing it and reading it again. */
size_t tiling_parts(size_t m, size_t n, size_t k, const struct gpu_properties *device) {
    enum { SHORTEST_PART = 256, MOST_PARTS = 64 };
    const struct product whole = {.batch = 1, .m = m, .n = n, .k = k};
    const uint64_t tiles = tiling_count(tiling_by_name("shared-128x128"), &whole, device);
    size_t best = 1;
    if (device->type == GPU_TYPE_CPU)
        return best;
    for (size_t parts = 2; parts <= MOST_PARTS && k / parts >= SHORTEST_PART; parts++)
        if (k % parts == 0 && tiles * best < ENOUGH_TILES)
            best = parts;
    return best;
}
