/* recognition.c: a recogniser learns to write the word of an image.
 *
 *     F = Encoder(X)                                  (B, 1 + N, D)
 *     l = Decoder([BOS, target shifted], W F)         (B, T, classes)
 *     L = 1 / B sum over positions up to EOS of -log softmax(l)[target]
 *
 * With a CTC head instead of the decoder, on the means of the columns of features:
 *
 *     l = W Columns(F)                                (B, columns, classes)
 *     L = 1 / B sum of -log p(target)                 over the paths that write it (spec/operators.md, ctc)
 *
 * The sum is divided by the images, not by the symbols. spec/objectives/recogniser.md.
 */
#include "objective/parts.h"

static const struct tensor *attention_loss(struct graph *g, const struct objective_settings *s,
                                           const struct tensor *features, const struct objective *o,
                                           const struct tensor **logits) {
    const struct model_recogniser recogniser = objective_recogniser(s);
    const size_t batch = o->length->elements;
    struct model_memory memory;
    graph_scope(g, "decoder");
    model_recogniser_memory(g, &recogniser, features, &memory);
    *logits = model_recogniser_logits(g, &recogniser, o->target, o->length, &memory);
    graph_scope(g, "loss");
    const uint32_t pad = (uint32_t)model_recogniser_pad(&recogniser);
    return graph_cross_entropy(g, *logits, o->target, pad, (float)(1 / (double)batch));
}

static const struct tensor *ctc_loss(struct graph *g, const struct objective_settings *s,
                                     const struct tensor *features, const struct objective *o,
                                     const struct tensor **logits) {
    const struct model_recogniser recogniser = objective_recogniser(s);
    const struct model_ctc head = objective_ctc(s);
    const size_t batch = o->length->elements;
    graph_scope(g, "decoder");
    *logits = model_ctc_logits(g, &head, features);
    graph_scope(g, "loss");
    const uint32_t blank = (uint32_t)model_recogniser_eos(&recogniser);
    return graph_ctc(g, *logits, o->target, o->length, blank, (float)(1 / (double)batch));
}

void objective_recognition(struct graph *g, const struct objective_settings *s, size_t batch,
                           struct objective *o) {
    const struct model_encoder encoder =
        objective_encoder(s, "encoder.", s->freeze_encoder ? GRAPH_FROZEN : GRAPH_TRAINABLE);
    o->image = objective_image(g, s, batch, "image");
    o->target = graph_input_unsigned(g, "target", SHAPE(batch, s->max_length));
    o->length = graph_input_unsigned(g, "length", SHAPE(batch));

    graph_scope(g, "encoder");
    const struct tensor *const features = model_encode(g, &encoder, o->image);
    const struct tensor *logits;
    if (s->head == OBJECTIVE_HEAD_CTC)
        objective_add_term(g, o, "recognition", ctc_loss(g, s, features, o, &logits), 1);
    else
        objective_add_term(g, o, "recognition", attention_loss(g, s, features, o, &logits), 1);
    objective_add_output(g, s, o, "prediction", logits);
}
