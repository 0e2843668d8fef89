/* operator_index.h: the position of every argument in its operator's list, by name.
 *
 * ARGUMENT_INDEX(matmul, transpose_a) is a constant expression. It rests on one structure per operator with
 * a byte per argument, so that offsetof counts them.
 */
#ifndef MNSP_GRAPH_OPERATOR_INDEX_H
#define MNSP_GRAPH_OPERATOR_INDEX_H

#include <stddef.h>

#define OUT(n)          n
#define OUT_U(n)        n
#define OUT_OPTIONAL(n) n
#define IN(n)           n
#define IN_U(n)         n
#define OPTIONAL(n)     n
#define OPTIONAL_U(n)   n
#define INOUT(n)        n
#define SIZE(n)         n
#define REAL(n)         n
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    struct operator_index_##name {                                                                           \
        char __VA_ARGS__;                                                                                    \
    };
#include "spec/operators.def"
#undef OPERATOR
#undef OUT
#undef OUT_U
#undef OUT_OPTIONAL
#undef IN
#undef IN_U
#undef OPTIONAL
#undef OPTIONAL_U
#undef INOUT
#undef SIZE
#undef REAL

#define ARGUMENT_INDEX(operator, argument) offsetof(struct operator_index_##operator, argument)

#endif
