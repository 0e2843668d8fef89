/* ctc.h: the small head that shows what an encoder has learned: columns of features, and a class for each.
 *
 *     const struct tensor *f = model_encode(g, &encoder, image);       (B, 1 + N, D)
 *     const struct tensor *l = model_ctc_logits(g, &head, f);          (B, columns, classes)
 *
 * The rows of the grid are averaged, and a linear map gives the classes: those of the recogniser
 * (recogniser.h), with the blank of CTC in the place of EOS. Parameters: decoder.classifier.
 */
#ifndef MNSP_MODEL_CTC_H
#define MNSP_MODEL_CTC_H

#include "graph/operators.h"

struct model_ctc {
    size_t rows, columns; /* of patches */
    size_t classes;
};

/* features (B, 1 + rows columns, D), class token first -> (B, columns, classes). */
const struct tensor *model_ctc_logits(struct graph *g, const struct model_ctc *head,
                                      const struct tensor *features);

#endif
