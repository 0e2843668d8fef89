/* mnsp.c: masked next-scale prediction: LMIM, and beside it each scale of the image predicts the next finer
 * one.
 *
 * Scales count from 1, the coarsest, to K, the image itself; r = 2^(K - k) is how many times coarser scale k
 * is. The equations are our reading of a paper of which only the abstract is public. Source: arXiv
 * 2605.14885; spec/objectives/mnsp.md.
 */
#include "reference/walkthrough/parts.h"

#include <math.h>

enum { MAX_SCALES = 8 };

/* The position of each cell of a grid r times coarser: the sine-cosine of its centre in the fine grid.
 * (N / r^2, width): sines and cosines of the column, then of the row. */
static float *coarse_positions(struct walkthrough *w, size_t r, size_t width) {
    const size_t rows = w->sizes.image_height / w->sizes.patch_height / r;
    const size_t columns = w->sizes.image_width / w->sizes.patch_width / r, F = width / 4;
    float *const table = walk_floats(w, rows * columns * width);
    for (size_t n = 0; n < rows * columns; n++) {
        const double row = ((double)(n / columns) + 0.5) * (double)r - 0.5;
        const double column = ((double)(n % columns) + 0.5) * (double)r - 0.5;
        for (size_t i = 0; i < F; i++) {
            const double f = pow(10000, -(double)i / (double)F);
            table[n * width + i] = (float)sin(column * f);
            table[n * width + F + i] = (float)cos(column * f);
            table[n * width + 2 * F + i] = (float)sin(row * f);
            table[n * width + 3 * F + i] = (float)cos(row * f);
        }
    }
    return table;
}

/* C_k: the whole image X_k (B, 3, H / r, W / r) through the student, with a learned row for its scale added
 * to every token -> (B, 1 + N / r^2, D). */
static float *encode_scale(struct walkthrough *w, const float *image, size_t k) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t r = (size_t)1 << (s->scales - k), D = s->width, tokens = 1 + walk_token_count(s) / (r * r);
    const float *const x = walk_embed_image(w, "model_maeenc.", image, s->image_height / r,
                                            s->image_width / r, coarse_positions(w, r, D));
    const float *const scale = walk_weight(w, (s->scales - 1) * D, "scale_embed");
    float *const placed = walk_floats(w, s->batch * tokens * D);
    reference_add_rows(placed, x, scale, s->batch * tokens, D, 1, k - 1);
    return walk_blocks(w, "model_maeenc.", placed, tokens);
}

/* q_{k+1}: what scale k, C (B, 1 + n, D), predicts for the `next` tokens of scale k + 1 -> (B, next, D). */
static float *predict_scale(struct walkthrough *w, const float *C, size_t n, size_t k, size_t next) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, E = s->decoder_width, N = walk_token_count(s);

    /* Queries: the class token of scale k, and a learned query for every token of scale k + 1, ... */
    const float *const cls =
        walk_linear(w, walk_class_token(w, C, 1 + n, s->width), B, s->width, E, "decoder_embed");
    float *const learned = walk_floats(w, B * next * E);
    reference_broadcast_rows(learned, walk_weight(w, E, "nsp_query"), B * next, E, 1);

    /* ... at their positions: the stored table at the finest scale, and for the class token always, ... */
    const float *const stored = walk_weight(w, (1 + N) * E, "decoder_pos_embed");
    const float *const positions =
        k + 1 == s->scales ? stored + E : coarse_positions(w, (size_t)1 << (s->scales - k - 1), E);
    float *const placed_cls = walk_floats(w, B * E), *const placed = walk_floats(w, B * next * E);
    reference_add_rows(placed_cls, cls, stored, B, E, 1, 0);
    reference_add_rows(placed, learned, positions, B * next, E, next, 0);

    /* ... and a learned row for the scale that is predicted. */
    const float *const scale = walk_weight(w, (s->scales - 1) * E, "decoder_scale_embed");
    float *const rows = walk_floats(w, B * (1 + next) * E), *const queries =
                                                                walk_floats(w, B * (1 + next) * E);
    reference_concatenate(rows, placed_cls, placed, B, 1, next, E);
    reference_add_rows(queries, rows, scale, B * (1 + next), E, 1, k - 1);

    const float *const memory = walk_linear(w, C, B * (1 + n), s->width, E, "nsp_embed");
    return walk_decode(w, queries, 1 + next, memory, 1 + n);
}

static void mnsp(struct walkthrough *w, struct walkthrough_losses *losses, const float *image,
                 const float *guidance, const float *mask_noise) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, D = s->width, E = s->decoder_width, N = walk_token_count(s), K = s->scales;
    const size_t rows = s->image_height / s->patch_height, columns = s->image_width / s->patch_width;

    /* LMIM's part: z (B, 1 + kept, D), g (B, 1 + N, D), p (B, N, D). */
    const struct mask mask = walk_mask_tokens(w, mask_noise);
    const float *const z = walk_encode(w, "model_maeenc.", image, &mask);
    const float *const g = walk_encode(w, "model_maeenc.", guidance, NULL);
    const float *const embedded = walk_linear(w, z, B * (1 + mask.kept), D, E, "decoder_embed");
    const float *const memory = walk_linear(w, g, B * (1 + N), D, E, "decoder_embed2");
    const float *const p = walk_decode(w, walk_put_back(w, embedded, &mask), 1 + N, memory, 1 + N);

    /* Scale by scale from fine to coarse: images X[k], what the student makes of them, C[k], and the targets
     * T[k], the teacher's features of X, pooled with the image. */
    const float *X[MAX_SCALES + 1], *C[MAX_SCALES + 1], *T[MAX_SCALES + 1];
    const float *const features = walk_encode(w, "model_maeenc_momentum.", image, NULL);
    const float *tau = walk_other_tokens(w, features, 1 + N, D);
    X[K] = image;
    T[K] = walk_normalise(w, tau, B * N, D);
    for (size_t k = K - 1; k >= 1; k--) {
        const size_t r = (size_t)1 << (K - k);
        float *const half = walk_floats(w, B * 3 * (s->image_height / r) * (s->image_width / r));
        reference_mean_pool(half, X[k + 1], B * 3, 2 * s->image_height / r, 2 * s->image_width / r, 1);
        X[k] = half;
        C[k] = encode_scale(w, X[k], k);
        float *const pooled = walk_floats(w, B * (N / (r * r)) * D);
        reference_mean_pool(pooled, tau, B, 2 * rows / r, 2 * columns / r, D);
        tau = pooled;
        T[k] = walk_normalise(w, tau, B * (N / (r * r)), D);
    }

    /* Masked reconstruction: the removed tokens. */
    const double terms = (double)(B * (N - mask.kept)) * (double)D;
    losses->mim = walk_squared_error(w, p, T[K], mask.removed, B * N, D, 1 / terms);

    /* Next-scale prediction: all tokens of scales 2 .. K. */
    losses->nsp = 0;
    for (size_t k = 1; k < K; k++) {
        const size_t r = (size_t)1 << (K - k), n = N / (r * r), next = 4 * n;
        const float *const q = predict_scale(w, C[k], n, k, next);
        losses->nsp += walk_squared_error(w, q, T[k + 1], NULL, B * next, D,
                                          1 / ((double)(K - 1) * (double)(B * next * D)));
    }

    /* Alignment: the class token of every scale to that of the guidance view. */
    const float *const g_cls = walk_class_token(w, g, 1 + N, D);
    const double factor = 1 / ((double)K * (double)B * (double)D);
    losses->mla = walk_squared_error(w, walk_class_token(w, z, 1 + mask.kept, D), g_cls, NULL, B, D, factor);
    for (size_t k = K - 1; k >= 1; k--) {
        const size_t r = (size_t)1 << (K - k);
        losses->mla +=
            walk_squared_error(w, walk_class_token(w, C[k], 1 + N / (r * r), D), g_cls, NULL, B, D, factor);
    }
    losses->loss = losses->mim;
    if (K > 1)
        losses->loss += losses->nsp;
    losses->loss += losses->mla;
}

enum status walkthrough_mnsp(struct walkthrough_losses *losses, const struct walkthrough_weights *weights,
                             const struct walkthrough_sizes *sizes, const float *image, const float *guidance,
                             const float *mask_noise) {
    struct walkthrough w;
    if (sizes->scales < 1 || sizes->scales > MAX_SCALES)
        return status_set(STATUS_USAGE, "%zu scales: 1 to %d are possible", sizes->scales, MAX_SCALES);
    WALKTHROUGH(w, weights, sizes, mnsp(&w, losses, image, guidance, mask_noise));
}
