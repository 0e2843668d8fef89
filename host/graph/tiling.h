/* tiling.h: the ways in which shaders/matmul.comp cuts a product into tiles, as one table, and
 * the fixed choice among them.
 *
 * A row of the table is a set of specialisation constants. Any of them that fits a device computes any
 * product; which one is fast depends on the device, its driver and the sizes. The fixed choice looks at sizes
 * and at the type of the device alone; tiles.h measures.
 *
 * Caveats: names are kept in checkpoints and caches. A tiling that changes needs another name.
 */
#ifndef MNSP_GRAPH_TILING_H
#define MNSP_GRAPH_TILING_H

#include "base/precision.h"
#include "gpu/gpu.h"
#include "graph/operator.h"

/* What a tiling is chosen for: the sizes of a matmul, what its factors are rounded to, and which tensors
 * are stored so, in 16 bits. */
struct product {
    size_t batch, m, n, k;
    bool transpose_a, transpose_b;
    enum precision precision;
    bool narrow_a, narrow_b, narrow_c;
};

/* From the values of the operator's arguments, and how its tensors are stored (dispatch.h). */
struct product product_of(const union operator_value *values, uint32_t stored);
/* The reverse of the latter, for a product of these three tensors alone. */
uint32_t product_stored(const struct product *product);

/* The fields from `width` on are the shader's constants. */
struct tiling {
    const char *name;
    /* SHADER_QUADS: in registers; SHADER_PLAIN: through shared memory; SHADER_MATRICES: for f16 and bf16,
     * on devices with cooperative matrices of them, where "invocation" below is a subgroup, and each unit
     * of c and k one matrix */
    enum shader_variant variant;
    bool is_standard;       /* the fixed choice may take it */
    uint32_t width;         /* invocations of a workgroup */
    uint32_t rows, columns; /* of c, per invocation */
    uint32_t lane_rows;     /* rows of invocations in a workgroup */
    uint32_t depth;         /* of k, staged in shared memory; 0: none is */
};

/* The table; NULL behind its end. */
const struct tiling *tiling_at(size_t index);
/* NULL when there is none of that name. */
const struct tiling *tiling_by_name(const char *name);

/* The code that computes a product of that precision in it, on a device that tiling_fits. */
enum shader_variant tiling_shader(const struct tiling *tiling, enum precision precision,
                                  const struct gpu_properties *device);

/* On a device: rows and columns of c in a tile, and how many tiles, which are workgroups, make up a
 * product. */
uint32_t tiling_rows(const struct tiling *tiling, enum precision precision,
                     const struct gpu_properties *device);
uint32_t tiling_columns(const struct tiling *tiling, enum precision precision,
                        const struct gpu_properties *device);
uint64_t tiling_count(const struct tiling *tiling, const struct product *product,
                      const struct gpu_properties *device);
/* Invocations of a workgroup. */
uint32_t tiling_width(const struct tiling *tiling, const struct gpu_properties *device);

/* Whether the device, and this build, can run a product of that precision in it. */
bool tiling_fits(const struct tiling *tiling, enum precision precision, const struct gpu_properties *device);
/* Whether it is meant for a device of that type: CPUs keep tiles in registers, GPUs share them, and matrices
 * are for all that have them. */
bool tiling_suits(const struct tiling *tiling, const struct gpu_properties *device);

/* The fixed choice. */
const struct tiling *tiling_standard(const struct product *product, const struct gpu_properties *device);

/* Into how many parts of equal length the sums of a product (m, n) over k are cut, so that large tiles are
 * enough to fill the device; 1: not at all. CPUs have few processors to fill, and gain nothing. Never
 * measured: parts are added in another order than the whole, and change bits. */
size_t tiling_parts(size_t m, size_t n, size_t k, const struct gpu_properties *device);

#endif
