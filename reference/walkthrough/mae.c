/* mae.c: masked autoencoder: from a quarter of an image's patches, the pixels of the others.
 *
 * Source: He et al., "Masked autoencoders are scalable vision learners", CVPR 2022; spec/objectives/mae.md.
 */
#include "reference/walkthrough/parts.h"

static void mae(struct walkthrough *w, float *loss, const float *image, const float *mask_noise) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, D = s->width, E = s->decoder_width, N = walk_token_count(s);
    const size_t pixels = 3 * s->patch_height * s->patch_width;

    /* Encode the tokens that the mask keeps: z (B, 1 + kept, D). */
    const struct mask mask = walk_mask_tokens(w, mask_noise);
    const float *const z = walk_encode(w, "", image, &mask);

    /* Put mask tokens where tokens were removed, and decode: x (B, 1 + N, E). */
    const float *const embedded = walk_linear(w, z, B * (1 + mask.kept), D, E, "decoder_embed");
    const float *x = walk_put_back(w, embedded, &mask);
    for (size_t i = 0; i < s->decoder_depth; i++) {
        x = walk_block(w, x, 1 + N, E, s->decoder_heads, s->decoder_inner,
                       walk_name(w, "decoder_blocks.%zu.", i));
    }
    x = walk_layernorm(w, x, B * (1 + N), E, 1e-6F, "decoder_norm");

    /* Predict the pixels of every patch: p (B, N, pixels). */
    const float *const p =
        walk_linear(w, walk_other_tokens(w, x, 1 + N, E), B * N, E, pixels, "decoder_pred");

    /* The target: pixels in the order (row, column, channel), each patch with mean 0 and variance 1. */
    float *const raw = walk_floats(w, B * N * pixels), *const t = walk_floats(w, B * N * pixels);
    float *const mean = walk_floats(w, B * N), *const rstd = walk_floats(w, B * N);
    reference_patchify(raw, image, B, 3, s->image_height, s->image_width, s->patch_height, s->patch_width, 1);
    reference_layernorm(t, mean, rstd, raw, NULL, NULL, B * N, pixels, 1, 1e-6F);

    /* Mean over the removed patches and their pixels. */
    const double terms = (double)(B * (N - mask.kept)) * (double)pixels;
    *loss = walk_squared_error(w, p, t, mask.removed, B * N, pixels, 1 / terms);
}

enum status walkthrough_mae(float *loss, const struct walkthrough_weights *weights,
                            const struct walkthrough_sizes *sizes, const float *image,
                            const float *mask_noise) {
    struct walkthrough w;
    WALKTHROUGH(w, weights, sizes, mae(&w, loss, image, mask_noise));
}
