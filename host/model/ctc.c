#include "model/ctc.h"

#include "model/layer.h"

const struct tensor *model_ctc_logits(struct graph *g, const struct model_ctc *head,
                                      const struct tensor *features) {
    const struct tensor *sum = graph_slice(g, features, 1, head->columns);
    for (size_t row = 1; row < head->rows; row++)
        sum = graph_add(g, sum, graph_slice(g, features, 1 + row * head->columns, head->columns));
    const struct model_part part = model_part(g, "decoder.", GRAPH_TRAINABLE);
    return model_linear(&part, graph_scale(g, sum, (float)(1 / (double)head->rows)), "classifier",
                        head->classes);
}
