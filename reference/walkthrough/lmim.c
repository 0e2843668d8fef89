/* lmim.c: linguistics-aware masked image modelling: a teacher's features of the removed patches, from the
 * others and another view of the same word.
 *
 * Source: LMIM, CVPR 2025, arXiv 2503.18746; spec/objectives/lmim.md.
 */
#include "reference/walkthrough/parts.h"

static void lmim(struct walkthrough *w, struct walkthrough_losses *losses, const float *image,
                 const float *guidance, const float *mask_noise) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, D = s->width, E = s->decoder_width, N = walk_token_count(s);

    /* Encode the masked image, z (B, 1 + kept, D), and the whole guidance view, g (B, 1 + N, D). */
    const struct mask mask = walk_mask_tokens(w, mask_noise);
    const float *const z = walk_encode(w, "model_maeenc.", image, &mask);
    const float *const g = walk_encode(w, "model_maeenc.", guidance, NULL);

    /* Queries from z with mask tokens, memory from g: p (B, N, D). */
    const float *const embedded = walk_linear(w, z, B * (1 + mask.kept), D, E, "decoder_embed");
    const float *const queries = walk_put_back(w, embedded, &mask);
    const float *const memory = walk_linear(w, g, B * (1 + N), D, E, "decoder_embed2");
    const float *const p = walk_decode(w, queries, 1 + N, memory, 1 + N);

    /* The target is what the teacher makes of the whole image: t (B, N, D). */
    const float *const features = walk_encode(w, "model_maeenc_momentum.", image, NULL);
    const float *const t = walk_normalise(w, walk_other_tokens(w, features, 1 + N, D), B * N, D);

    /* Mean over the removed tokens and their features, and the distance of the two class tokens. */
    const double terms = (double)(B * (N - mask.kept)) * (double)D;
    losses->mim = walk_squared_error(w, p, t, mask.removed, B * N, D, 1 / terms);
    const float *const z_cls = walk_class_token(w, z, 1 + mask.kept, D), *const g_cls =
                                                                             walk_class_token(w, g, 1 + N, D);
    losses->mla = walk_squared_error(w, z_cls, g_cls, NULL, B, D, 1 / ((double)B * (double)D));
    losses->nsp = 0;
    losses->loss = losses->mim + losses->mla;
}

enum status walkthrough_lmim(struct walkthrough_losses *losses, const struct walkthrough_weights *weights,
                             const struct walkthrough_sizes *sizes, const float *image, const float *guidance,
                             const float *mask_noise) {
    struct walkthrough w;
    WALKTHROUGH(w, weights, sizes, lmim(&w, losses, image, guidance, mask_noise));
}
