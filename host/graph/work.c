/* work.c: how much arithmetic a node is, for profiles and for cutting submissions. */
#include "graph/graph.h"
#include "graph/operator_index.h"

static double number(const struct graph_node *node, size_t index) {
    return (double)node->numbers[index].size;
}

/* Each of q k^T and p v takes 2 * queries * keys * head_width operations per head. */
static double attention_work(const struct graph_node *node, size_t batch, double products) {
    double work = 2 * products;
    for (size_t i = 0; i < 5; i++) /* batch, heads, queries, keys, head_width stand side by side */
        work *= number(node, batch + i);
    return work;
}

double graph_node_work(const struct graph_node *node) {
    switch (node->operator) {
    case OPERATOR_matmul:
        return 2 * number(node, ARGUMENT_INDEX(matmul, batch)) * number(node, ARGUMENT_INDEX(matmul, m)) *
               number(node, ARGUMENT_INDEX(matmul, n)) * number(node, ARGUMENT_INDEX(matmul, k));
    case OPERATOR_attention:
        return attention_work(node, ARGUMENT_INDEX(attention, batch), 2);
    case OPERATOR_attention_backward_query:
        return attention_work(node, ARGUMENT_INDEX(attention_backward_query, batch), 3);
    case OPERATOR_attention_backward_key_value:
        return attention_work(node, ARGUMENT_INDEX(attention_backward_key_value, batch), 4);
    case OPERATOR_ctc_backward: /* every class looks at every state */
        return 2 * number(node, ARGUMENT_INDEX(ctc_backward, batch)) *
               number(node, ARGUMENT_INDEX(ctc_backward, steps)) *
               number(node, ARGUMENT_INDEX(ctc_backward, classes)) *
               number(node, ARGUMENT_INDEX(ctc_backward, places));
    default:
        break;
    }
    double elements = 0;
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++)
        if (node->tensors[i] != NULL)
            elements += (double)node->tensors[i]->elements;
    return elements;
}
