#include "graph/operator.h"

#include "graph/operator_index.h"
#include "reference/reference.h"

#include <string.h>

/* The argument lists, as data. */
#define OUT(n)                                                                                               \
    { #n, ARGUMENT_OUT }
#define OUT_U(n)                                                                                             \
    { #n, ARGUMENT_OUT_U }
#define OUT_OPTIONAL(n)                                                                                      \
    { #n, ARGUMENT_OUT_OPTIONAL }
#define IN(n)                                                                                                \
    { #n, ARGUMENT_IN }
#define IN_U(n)                                                                                              \
    { #n, ARGUMENT_IN_U }
#define OPTIONAL(n)                                                                                          \
    { #n, ARGUMENT_OPTIONAL }
#define OPTIONAL_U(n)                                                                                        \
    { #n, ARGUMENT_OPTIONAL_U }
#define INOUT(n)                                                                                             \
    { #n, ARGUMENT_INOUT }
#define SIZE(n)                                                                                              \
    { #n, ARGUMENT_SIZE }
#define REAL(n)                                                                                              \
    { #n, ARGUMENT_REAL }
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    static const struct operator_argument arguments_##name[] = {__VA_ARGS__};
#include "spec/operators.def"

/* call_<name>: the values, handed to reference_<name> one by one. */
#define OUT(n)          values[offsetof(index, n)].tensor
#define OUT_U(n)        values[offsetof(index, n)].tensor
#define OUT_OPTIONAL(n) values[offsetof(index, n)].tensor
#define IN(n)           values[offsetof(index, n)].tensor
#define IN_U(n)         values[offsetof(index, n)].tensor
#define OPTIONAL(n)     values[offsetof(index, n)].tensor
#define OPTIONAL_U(n)   values[offsetof(index, n)].tensor
#define INOUT(n)        values[offsetof(index, n)].tensor
#define SIZE(n)         values[offsetof(index, n)].size
#define REAL(n)         values[offsetof(index, n)].real
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    static void call_##name(const union operator_value *values) {                                            \
        typedef struct operator_index_##name index;                                                          \
        reference_##name(__VA_ARGS__);                                                                       \
    }
#include "spec/operators.def"

/* rows_<name>: of every argument, the row that has to be a multiple of 4 for it to be stored in 16 bits; 1
 * of those that cannot be. */
#define OUT(n)                  1
#define OUT_U(n)                1
#define OUT_OPTIONAL(n)         1
#define IN(n)                   1
#define IN_U(n)                 1
#define OPTIONAL(n)             1
#define OPTIONAL_U(n)           1
#define INOUT(n)                1
#define SIZE(n)                 1
#define REAL(n)                 1
#define OUT_16(n, row)          (row)
#define OUT_OPTIONAL_16(n, row) (row)
#define IN_16(n, row)           (row)
#define OPTIONAL_16(n, row)     (row)
#define V(n)                    (values[offsetof(index, n)].size)
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    static size_t row_##name(const union operator_value *values, uint32_t argument) {                        \
        typedef struct operator_index_##name index;                                                          \
        (void)sizeof(index);                                                                                 \
        (void)values;                                                                                        \
        const size_t rows[] = {__VA_ARGS__};                                                                 \
        return rows[argument];                                                                               \
    }
#include "spec/operators.def"

/* The shaders, a header for each, all included by this list that the build writes; table.h, below, likewise.
 */
#include "shaders/all.spv.h"

enum { IS_DIFFERENTIABLE = 1, IS_CONSTANT = 0 };

static const struct operator_info operators[] = {
#define OPERATOR(id, gradient, bound_class, grid, ...)                                                       \
    [OPERATOR_##id] = {                                                                                      \
        .name = #id,                                                                                         \
        .bound = BOUND_##bound_class,                                                                        \
        .differentiable = IS_##gradient,                                                                     \
        .arguments = arguments_##id,                                                                         \
        .argument_count = sizeof arguments_##id / sizeof arguments_##id[0],                                  \
        .reference = call_##id,                                                                              \
        .row = row_##id,                                                                                     \
    },
#include "spec/operators.def"
};

static const struct operator_shader shaders[OPERATOR_COUNT][SHADER_VARIANT_COUNT] = {
#include "shaders/table.h"
};

struct operator_shader operator_shader(enum operator_id id, enum shader_variant variant) {
    return shaders[id][variant];
}

const struct operator_info *operator_info(enum operator_id id) {
    return &operators[id];
}

uint32_t operator_tensor_count(enum operator_id id) {
    uint32_t count = 0;
    while (count < operators[id].argument_count && argument_is_tensor(operators[id].arguments[count].kind))
        count++;
    return count;
}

bool operator_may_store_16(enum operator_id id, uint32_t tensor, const union operator_value *values) {
    return operators[id].row(values, tensor) % 4 == 0;
}

enum operator_id operator_by_name(const char *name) {
    uint32_t id = 0;
    while (id < OPERATOR_COUNT && strcmp(operators[id].name, name) != 0)
        id++;
    return (enum operator_id)id;
}

uint32_t operator_argument_index(enum operator_id id, const char *name) {
    uint32_t i = 0;
    while (i < operators[id].argument_count && strcmp(operators[id].arguments[i].name, name) != 0)
        i++;
    return i;
}
