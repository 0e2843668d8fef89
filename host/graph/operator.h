/* operator.h: the table of operators as data: names, arguments, reference function, shader.
 *
 * Everything here is generated from spec/operators.def; see its head comment. An operator applied to
 * values is written as an array of `union operator_value`, one per argument in the order of the table.
 */
#ifndef MNSP_GRAPH_OPERATOR_H
#define MNSP_GRAPH_OPERATOR_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* OPERATOR_matmul, OPERATOR_layernorm, ... */
enum operator_id {
#define OPERATOR(name, gradient, bound, grid, ...) OPERATOR_##name,
#include "spec/operators.def"
    OPERATOR_COUNT
};

enum argument_kind {
    ARGUMENT_OUT,
    ARGUMENT_OUT_U,
    ARGUMENT_OUT_OPTIONAL,
    ARGUMENT_IN,
    ARGUMENT_IN_U,
    ARGUMENT_OPTIONAL,
    ARGUMENT_OPTIONAL_U,
    ARGUMENT_INOUT,
    ARGUMENT_SIZE,
    ARGUMENT_REAL,
};

enum operator_bound { BOUND_EXACT, BOUND_ROUNDED, BOUND_SUM, BOUND_ELEMENTARY };

enum { OPERATOR_MAX_ARGUMENTS = 32, OPERATOR_MAX_TENSORS = 16 };

struct operator_argument {
    const char *name;
    enum argument_kind kind;
};

/* The value of one argument: a host array for the reference (NULL for a missing optional), a number. */
union operator_value {
    void *tensor;
    size_t size;
    float real;
};

struct operator_info {
    const char *name;
    enum operator_bound bound;
    bool differentiable;
    const struct operator_argument *arguments; /* tensors first, then sizes and reals */
    uint32_t argument_count;
    void (*reference)(const union operator_value *values);                /* calls reference_<name> */
    size_t (*row)(const union operator_value *values, uint32_t argument); /* for operator_may_store_16 */
};

const struct operator_info *operator_info(enum operator_id id);

/* A shader as the build makes it from shaders/<operator>.comp: for any device; where the source uses
 * shaders/include/team.glsl, once more for devices with quad operations, and where it uses include/loads.glsl,
 * for those that also have 64-bit integers; where it uses include/matrix.glsl, and the shader compiler can,
 * twice more for devices with cooperative matrices, of factors in f16 and in bf16. */
enum shader_variant {
    SHADER_PLAIN,
    SHADER_QUADS,
    SHADER_QUADS_INT64,
    SHADER_MATRICES,
    SHADER_MATRICES_BF16,
    SHADER_VARIANT_COUNT
};

struct operator_shader {
    const uint32_t *code; /* SPIR-V; NULL when there is no such variant */
    size_t bytes;
};

struct operator_shader operator_shader(enum operator_id id, enum shader_variant variant);

/* How many of its arguments are tensors: they are the first, and have the bindings of the same numbers. */
uint32_t operator_tensor_count(enum operator_id id);

/* The operator of that name, or OPERATOR_COUNT. */
enum operator_id operator_by_name(const char *name);

/* Whether the operator, with these numbers, can read or write a tensor that is stored in 16 bits (OUT_16,
 * IN_16): rows that its shader takes by four. */
bool operator_may_store_16(enum operator_id id, uint32_t tensor, const union operator_value *values);

/* Index of an argument by its name in the table; argument_count when there is none. */
uint32_t operator_argument_index(enum operator_id id, const char *name);

static inline bool argument_is_tensor(enum argument_kind kind) {
    return kind < ARGUMENT_SIZE;
}

static inline bool argument_is_written(enum argument_kind kind) {
    return kind <= ARGUMENT_OUT_OPTIONAL || kind == ARGUMENT_INOUT;
}

static inline bool argument_is_read(enum argument_kind kind) {
    return argument_is_tensor(kind) && kind > ARGUMENT_OUT_OPTIONAL;
}

static inline bool argument_is_optional(enum argument_kind kind) {
    return kind == ARGUMENT_OPTIONAL || kind == ARGUMENT_OPTIONAL_U || kind == ARGUMENT_OUT_OPTIONAL;
}

/* Whether the elements are uint32_t rather than float; both are 4 bytes. */
static inline bool argument_is_unsigned(enum argument_kind kind) {
    return kind == ARGUMENT_OUT_U || kind == ARGUMENT_IN_U || kind == ARGUMENT_OPTIONAL_U;
}

#endif
