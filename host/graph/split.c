#include "graph/split.h"

#include "base/memory.h"
#include "graph/graph_internal.h"
#include "graph/operator_index.h"
#include "graph/tiling.h"

#include <stdlib.h>

#define TENSOR_OF(name_) (node->tensors[ARGUMENT_INDEX(matmul, name_)])
#define SIZE_OF(name_)   (node->numbers[ARGUMENT_INDEX(matmul, name_)].size)

/* How many parts a node is cut into: 1 for what is not cut. Both operands must have k as their slowest index,
 * so that a part of it is a piece of memory. */
static size_t parts_of(const struct graph_node *node, const struct gpu_properties *device) {
    if (node->operator!= OPERATOR_matmul)
        return 1;
    const bool in_rows = SIZE_OF(transpose_a) != 0 && SIZE_OF(transpose_b) == 0;
    const bool is_more = TENSOR_OF(bias) != NULL || TENSOR_OF(random) != NULL || TENSOR_OF(addend) != NULL ||
                         SIZE_OF(gelu) != 0;
    if (!in_rows || SIZE_OF(batch) != 1 || is_more)
        return 1;
    return tiling_parts(SIZE_OF(m), SIZE_OF(n), SIZE_OF(k), device);
}

/* The batch of products over the parts, with what it writes. */
static struct graph_node partial_product(struct graph *graph, const struct graph_node *node, size_t parts) {
    struct graph_node product = *node;
    const size_t m = SIZE_OF(m), n = SIZE_OF(n), k = SIZE_OF(k) / parts;
    product.tensors[ARGUMENT_INDEX(matmul, c)] = graph_activation(graph, SHAPE(parts, m, n));
    product.tensors[ARGUMENT_INDEX(matmul, a)] = graph_view(graph, TENSOR_OF(a), SHAPE(parts, k, m));
    product.tensors[ARGUMENT_INDEX(matmul, b)] = graph_view(graph, TENSOR_OF(b), SHAPE(parts, k, n));
    product.numbers[ARGUMENT_INDEX(matmul, batch)].size = parts;
    product.numbers[ARGUMENT_INDEX(matmul, k)].size = k;
    return product;
}

/* The sum of the parts, into what the product wrote before. */
static struct graph_node sum_of_parts(const struct graph_node *node, const struct tensor *partial,
                                      size_t parts) {
    struct graph_node sum = {.operator= OPERATOR_sum_rows, .segment = node->segment, .scope = node->scope};
    sum.tensors[ARGUMENT_INDEX(sum_rows, y)] = TENSOR_OF(c);
    sum.tensors[ARGUMENT_INDEX(sum_rows, x)] = partial;
    sum.numbers[ARGUMENT_INDEX(sum_rows, rows)].size = parts * SIZE_OF(m);
    sum.numbers[ARGUMENT_INDEX(sum_rows, width)].size = SIZE_OF(n);
    sum.numbers[ARGUMENT_INDEX(sum_rows, period)].size = SIZE_OF(m);
    return sum;
}

enum status graph_split(struct graph *graph, const struct gpu_properties *device) {
    TRY(graph_status(graph));
    struct graph_node *nodes;
    const size_t room = 2 * graph->node_count + 1; /* every node could become two */
    size_t count = 0;
    TRY(memory_new(&nodes, room, sizeof *nodes));
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct graph_node *const node = &graph->nodes[i];
        const size_t parts = parts_of(node, device);
        nodes[count] = parts > 1 ? partial_product(graph, node, parts) : *node;
        count++;
        if (parts > 1) {
            nodes[count] = sum_of_parts(node, nodes[count - 1].tensors[ARGUMENT_INDEX(matmul, c)], parts);
            count++;
        }
    }
    free(graph->nodes);
    graph->nodes = nodes;
    graph->node_count = count;
    graph->node_capacity = room;
    return graph_status(graph);
}
