/* perturb.h: the reference executor made inexact on purpose, to see how far roundings can carry.
 *
 * A backward stable operator gives the exact result for inputs that are slightly off. So a node whose inputs
 * are off at random stands for a device that rounds, and several runs with different random numbers show what
 * differences roundings alone make in the end (spec/numerics.md, "Whole steps").
 */
#ifndef MNSP_GRAPH_PERTURB_H
#define MNSP_GRAPH_PERTURB_H

#include "graph/graph.h"

#include "base/philox.h"

struct perturbation {
    float magnitude; /* relative; 0: none */
    struct philox random;
    float *copies[OPERATOR_MAX_TENSORS]; /* grown as needed, one per argument */
    size_t capacities[OPERATOR_MAX_TENSORS];
};

/* Exchanges the tensors among `values` that `node` reads for copies that are off. What it updates in place is
 * changed in place, by one rounding at most. Operators that copy or compare, and unsigned numbers, are left
 * as they are. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status perturb_inputs(struct perturbation *perturbation, const struct graph_node *node,
                                          union operator_value *values);
void perturb_free(struct perturbation *perturbation);

#endif
