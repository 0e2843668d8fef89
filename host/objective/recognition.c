/* recognition.c: a recogniser learns to write the word of an image.
 *
 *     F = Encoder(X)                                  (B, 1 + N, D)
 *     l = Decoder([BOS, target shifted], W F)         (B, T, classes)
 *     L = 1 / B sum over positions up to EOS of -log softmax(l)[target]
 *
 * The sum is divided by the images, not by the symbols. spec/objectives/recogniser.md.
 */
#include "objective/parts.h"

void objective_recognition(struct graph *g, const struct objective_settings *s, size_t batch,
                           struct objective *o) {
    const struct model_encoder encoder =
        objective_encoder(s, "encoder.", s->freeze_encoder ? GRAPH_FROZEN : GRAPH_TRAINABLE);
    const struct model_recogniser recogniser = objective_recogniser(s);
    o->image = objective_image(g, s, batch, "image");
    o->target = graph_input_unsigned(g, "target", SHAPE(batch, s->max_length));
    o->length = graph_input_unsigned(g, "length", SHAPE(batch));

    graph_scope(g, "encoder");
    const struct tensor *const features = model_encode(g, &encoder, o->image);
    graph_scope(g, "decoder");
    struct model_memory memory;
    model_recogniser_memory(g, &recogniser, features, &memory);
    const struct tensor *const logits =
        model_recogniser_logits(g, &recogniser, o->target, o->length, &memory);

    graph_scope(g, "loss");
    const uint32_t pad = (uint32_t)model_recogniser_pad(&recogniser);
    const struct tensor *const loss =
        graph_cross_entropy(g, logits, o->target, pad, (float)(1 / (double)batch));
    objective_add_term(g, o, "recognition", loss, 1);
    objective_add_output(g, o, "prediction", logits);
}
