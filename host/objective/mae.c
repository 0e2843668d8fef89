/* mae.c: masked autoencoder, the pre-training of the teacher.
 *
 *     z = Encoder(X, masked)                                       (B, 1 + kept, D)
 *     p = Decoder([W z; mask tokens in their places] + positions)  (B, N, 48)
 *     t = pixels of each patch, mean 0 and variance 1              (B, N, 48)
 *     L = sum over removed tokens of |p - t|^2 / (48 * removed)
 *
 * Source: He et al., "Masked autoencoders are scalable vision learners", CVPR 2022; spec/objectives/mae.md.
 */
#include "objective/parts.h"

void objective_mae(struct graph *g, const struct objective_settings *s, size_t batch, struct objective *o) {
    const struct model_encoder encoder = objective_encoder(s, "", GRAPH_TRAINABLE);
    const struct model_decoder decoder = objective_decoder(s);
    o->image = objective_image(g, s, batch, "image");
    const struct graph_mask mask = objective_mask(g, s, batch, o);

    graph_scope(g, "encoder");
    const struct tensor *const z = model_encode_kept(g, &encoder, o->image, mask.kept);

    graph_scope(g, "decoder");
    const struct tensor *const embedded = model_decoder_embed(g, &decoder, "decoder_embed", z);
    const struct tensor *const queries = model_decoder_queries(g, &decoder, embedded, mask.restore);
    const struct tensor *const x = model_decode_alone(g, &decoder, queries);
    const struct tensor *const p =
        model_decoder_predict(g, x, "decoder_pred", objective_predicted_width(s, true));

    graph_scope(g, "loss");
    const struct tensor *const t = objective_pixels(g, s, o->image);
    objective_add_term(g, o, "mim", objective_reconstruction(g, s, p, t, mask.removed), 1);
    objective_add_output(g, s, o, "prediction", p);
    objective_add_output(g, s, o, "target", t);
    objective_add_output(g, s, o, "removed", mask.removed);
}
