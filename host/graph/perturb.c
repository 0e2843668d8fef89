#include "graph/perturb.h"

#include "base/memory.h"

#include <stdlib.h>

/* Relative, of operators with a fixed, small number of roundings, and of numbers updated in place. */
static const float one_rounding = 0x1p-23F;

static void scale(float *out, const float *in, size_t count, float magnitude, struct philox *random) {
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] * (1 + philox_next_between(random, -magnitude, magnitude));
}

static enum status perturb_copy(struct perturbation *p, uint32_t argument, float magnitude, size_t count,
                                union operator_value *value) {
    TRY(memory_reserve(&p->copies[argument], &p->capacities[argument], count, sizeof(float)));
    scale(p->copies[argument], value->tensor, count, magnitude, &p->random);
    value->tensor = p->copies[argument];
    return STATUS_OK;
}

enum status perturb_inputs(struct perturbation *p, const struct graph_node *node,
                           union operator_value *values) {
    const struct operator_info *const info = operator_info(node->operator);
    if (info->bound == BOUND_EXACT || p->magnitude == 0)
        return STATUS_OK;
    const float magnitude = info->bound == BOUND_ROUNDED ? one_rounding : p->magnitude;
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
        const enum argument_kind kind = info->arguments[i].kind;
        if (node->tensors[i] == NULL || !argument_is_read(kind) || argument_is_unsigned(kind))
            continue;
        const size_t count = node->tensors[i]->elements;
        if (kind == ARGUMENT_INOUT)
            scale(values[i].tensor, values[i].tensor, count, one_rounding, &p->random);
        else
            TRY(perturb_copy(p, i, magnitude, count, &values[i]));
    }
    return STATUS_OK;
}

void perturb_free(struct perturbation *perturbation) {
    for (size_t i = 0; i < OPERATOR_MAX_TENSORS; i++)
        free(perturbation->copies[i]);
}
