/* lmim.c: linguistics-aware masked image modelling: a masked image is completed with the help of another view
 * of the same word.
 *
 *     z = Encoder(X, masked)                      (B, 1 + kept, D)
 *     g = Encoder(X', unmasked)                   (B, 1 + N, D)      X' the guidance view, the same weights
 *     p = Decoder([W_e z; mask tokens] + positions, memory W_g g)    (B, N, D)
 *     t = LN0(Teacher(X))                         (B, N, D)          without class token, no gradient
 *     L_MIM = sum over removed tokens of |p - t|^2 / (D * removed)
 *     L_MLA = |z_cls - g_cls|^2 / (B D)
 *     L = w_mim L_MIM + w_mla L_MLA
 *
 * Source: LMIM, CVPR 2025, arXiv 2503.18746; spec/objectives/lmim.md.
 */
#include "objective/parts.h"

void objective_lmim(struct graph *g, const struct objective_settings *s, size_t batch, struct objective *o) {
    const struct model_encoder student = objective_encoder(s, OBJECTIVE_STUDENT, GRAPH_TRAINABLE);
    const struct model_decoder decoder = objective_decoder(s);
    const bool pixels = s->mim_target == OBJECTIVE_MIM_PIXELS;
    o->image = objective_image(g, s, batch, "image");
    o->guidance = objective_image(g, s, batch, "guidance");
    const struct graph_mask mask = objective_mask(g, s, batch, o);

    graph_scope(g, "encoder, masked");
    const struct tensor *const z = model_encode_kept(g, &student, o->image, mask.kept);
    graph_scope(g, "encoder, guidance");
    const struct tensor *const guidance = model_encode(g, &student, o->guidance);

    graph_scope(g, "decoder");
    const struct tensor *const embedded = model_decoder_embed(g, &decoder, "decoder_embed", z);
    const struct tensor *const queries = model_decoder_queries(g, &decoder, embedded, mask.restore);
    const struct tensor *const memory = model_decoder_embed(g, &decoder, "decoder_embed2", guidance);
    const struct tensor *const x = model_decode_with(g, &decoder, queries, memory);
    const struct tensor *const p =
        model_decoder_predict(g, x, "decoder_pred", objective_predicted_width(s, pixels));

    const struct tensor *const t = pixels ? objective_pixels(g, s, o->image)
                                          : objective_normal(g, objective_teacher_features(g, s, o->image));

    graph_scope(g, "loss");
    objective_add_term(g, o, "mim", objective_reconstruction(g, s, p, t, mask.removed), s->weight_mim);
    objective_add_output(g, s, o, "prediction", p);
    objective_add_output(g, s, o, "target", t);
    objective_add_output(g, s, o, "removed", mask.removed);
    if (s->align != OBJECTIVE_ALIGN_OFF && s->weight_mla > 0) {
        const double factor = 1 / ((double)batch * (double)s->width);
        const struct tensor *const mla =
            objective_alignment(g, s, objective_class(g, z), objective_class(g, guidance), factor);
        objective_add_term(g, o, "mla", mla, s->weight_mla);
    }
}
