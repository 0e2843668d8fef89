#include "graph/dispatch.h"

#include "base/precision.h"
#include "graph/operator_index.h"

#include <stdio.h>

/* How shaders/matmul.comp tiles c; the fields are its specialisation constants. */
struct tiling {
    uint32_t width;         /* invocations of a workgroup */
    uint32_t rows, columns; /* of c, per invocation */
    uint32_t lane_rows;     /* rows of invocations in a workgroup */
    uint32_t depth;         /* of k, staged in shared memory; 0: none is */
};

static uint64_t tiles_of(const struct tiling *tiling, uint64_t batch, uint64_t m, uint64_t n) {
    const uint64_t rows = (uint64_t)tiling->lane_rows * tiling->rows;
    const uint64_t columns = (uint64_t)tiling->width / tiling->lane_rows * tiling->columns;
    return batch * ((m + rows - 1) / rows) * ((n + columns - 1) / columns);
}

/* CPUs with quad operations: one vector of eight invocations is a workgroup. Wider tiles do not pay: their code
 * leaves the instruction cache, since these drivers write out every load of every lane. Few rows, as when a text is
 * written symbol by symbol, would leave most of the large tile empty. */
static struct tiling in_registers(uint64_t m) {
    static const struct tiling large = {.width = 8, .rows = 24, .columns = 4, .lane_rows = 2};
    static const struct tiling thin = {.width = 8, .rows = 4, .columns = 4, .lane_rows = 1};
    enum { THIN_ROWS = 8 };
    return m <= THIN_ROWS ? thin : large;
}

/* Others, large ones first. */
static const struct tiling shared_tilings[] = {
    {.width = 256, .rows = 8, .columns = 8, .lane_rows = 16, .depth = 8},
    {.width = 256, .rows = 4, .columns = 4, .lane_rows = 16, .depth = 16},
    {.width = 64, .rows = 4, .columns = 4, .lane_rows = 8, .depth = 16},
};

/* So many workgroups keep a GPU busy: large ones have 80 to 140 processors. */
enum { ENOUGH_TILES = 128 };

/* The largest tile of which there are enough to fill the device. */
static struct tiling through_shared(uint64_t batch, uint64_t m, uint64_t n) {
    enum { LAST = sizeof shared_tilings / sizeof shared_tilings[0] - 1 };
    int choice = 0;
    while (choice < LAST && tiles_of(&shared_tilings[choice], batch, m, n) < ENOUGH_TILES)
        choice++;
    return shared_tilings[choice];
}

/* A part must be long enough for its sum to cost much more than writing it and reading it again. */
size_t dispatch_matmul_parts(size_t m, size_t n, size_t k, const struct gpu_properties *device) {
    enum { SHORTEST_PART = 256, MOST_PARTS = 64 };
    const uint64_t tiles = tiles_of(&shared_tilings[0], 1, m, n);
    size_t best = 1;
    if (device->type == GPU_TYPE_CPU)
        return best;
    for (size_t parts = 2; parts <= MOST_PARTS && k / parts >= SHORTEST_PART; parts++)
        if (k % parts == 0 && tiles * best < ENOUGH_TILES)
            best = parts;
    return best;
}

void dispatch_matmul(struct dispatch *dispatch, const union operator_value *values,
                     const struct gpu_properties *device) {
    const uint64_t batch = DISPATCH_SIZE(matmul, batch), m = DISPATCH_SIZE(matmul, m);
    const uint64_t n = DISPATCH_SIZE(matmul, n), k = DISPATCH_SIZE(matmul, k);
    const enum precision precision = (enum precision)DISPATCH_SIZE(matmul, rounding);
    const bool transpose_a = DISPATCH_SIZE(matmul, transpose_a) != 0;
    const bool transpose_b = DISPATCH_SIZE(matmul, transpose_b) != 0;
    const bool quads = device->type == GPU_TYPE_CPU && device->subgroup_quad;
    const struct tiling tiling = quads ? in_registers(m) : through_shared(batch, m, n);
    const uint32_t constants[] = {
        dispatch->constants[0],
        tiling.width,
        tiling.rows,
        tiling.columns,
        tiling.lane_rows,
        transpose_a,
        transpose_b,
        (transpose_a ? m : k) % 4 == 0,
        (transpose_b ? k : n) % 4 == 0,
        n % 4 == 0,
        tiling.depth,
        (uint32_t)precision,
    };
    dispatch->constant_count = sizeof constants / sizeof constants[0];
    for (uint32_t i = 0; i < dispatch->constant_count; i++)
        dispatch->constants[i] = constants[i];
    dispatch->variant = quads ? SHADER_QUADS : SHADER_PLAIN;
    snprintf(dispatch->form, sizeof dispatch->form, "tiles of %u x %u%s, %s", tiling.lane_rows * tiling.rows,
             tiling.width / tiling.lane_rows * tiling.columns,
             tiling.depth > 0 ? " through shared memory" : "", precision_name(precision));
    dispatch_fold(dispatch, tiles_of(&tiling, batch, m, n), device);
    dispatch->work = 2.0 * (double)batch * (double)m * (double)n * (double)k;
}
