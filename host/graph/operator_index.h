/* operator_index.h: the position of every argument in its operator's list, by name.
 *
 * ARGUMENT_INDEX(matmul, transpose_a) is a constant expression. It rests on one structure per operator with
 * a byte per argument, so that offsetof counts them.
 */
#ifndef MNSP_GRAPH_OPERATOR_INDEX_H
#define MNSP_GRAPH_OPERATOR_INDEX_H

#include <stddef.h>

#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    struct operator_index_##name {                                                                           \
        char __VA_ARGS__;                                                                                    \
    };
#include "spec/operators.def"

#define ARGUMENT_INDEX(operator, argument) offsetof(struct operator_index_##operator, argument)

#endif
