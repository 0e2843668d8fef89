/* fuse.h: fewer passes over memory, by nodes that do the work of the next one, too. Private to graph/.
 *
 * A sum of which one part is a product, or what layernorm hands back, is made where that part is: the
 * branch of a residual layer, the gradients of a weight that several passes share. A product also puts its
 * result through gelu, dropout, or the gradient of gelu; what gelu was applied to is kept only where a
 * gradient needs it. The executors ask for it before they plan, so that models and the rules of
 * gradients.c know nothing of it. The results stay the same, bit for bit, but for compilers that contract
 * a product and a sum.
 */
#ifndef MNSP_GRAPH_FUSE_H
#define MNSP_GRAPH_FUSE_H

#include "graph/graph.h"

/* Replaces nodes of a whole graph; done again, it finds nothing left to do. Nodes that are left keep their
 * order. Errors: that of graph_status, STATUS_MEMORY. */
MNSP_NODISCARD enum status graph_fuse(struct graph *graph);

#endif
