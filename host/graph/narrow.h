/* narrow.h: activations of which nobody takes more than 16 bits are stored in 16 bits.
 *
 *     TRY(graph_fuse(graph));
 *     TRY(graph_narrow(graph));      behind every other change of the nodes
 *
 * Every bit of the results stays the same: what is read is rounded before it is used, and rounding twice is
 * rounding once (spec/numerics.md, "Storage in 16 bits").
 */
#ifndef MNSP_GRAPH_NARROW_H
#define MNSP_GRAPH_NARROW_H

#include "graph/graph.h"

/* Sets the format of every activation that all its readers take rounded to the same 16 bits, and that they
 * and its writers can store so (OUT_16, IN_16 in spec/operators.def). What the host reads, packs, inputs,
 * parameters and state stay as they are. Errors: the graph's, STATUS_MEMORY. */
MNSP_NODISCARD enum status graph_narrow(struct graph *graph);

#endif
