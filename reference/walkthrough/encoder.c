/* encoder.c: the vision transformer that all programs share.
 *
 *     x = [class token + position 0; patches W^T + b + their positions]
 *     x = x + Attention(LayerNorm(x)),  x = x + MLP(LayerNorm(x)),   depth times
 *     LayerNorm(x)
 *
 * Source: Dosovitskiy et al., "An image is worth 16x16 words", ICLR 2021; spec/objectives/lmim.md.
 */
#include "reference/walkthrough/parts.h"

#include <math.h>

#define EPS 1e-6F

size_t walk_token_count(const struct walkthrough_sizes *sizes) {
    return sizes->image_height / sizes->patch_height * (sizes->image_width / sizes->patch_width);
}

struct mask walk_mask_tokens(struct walkthrough *w, const float *noise) {
    const size_t B = w->sizes.batch, N = walk_token_count(&w->sizes);
    const size_t kept = (size_t)((double)N * (1 - w->sizes.mask_ratio));
    const struct mask mask = {kept, walk_words(w, B * kept), walk_words(w, B * (1 + N)),
                              walk_words(w, B * N)};
    reference_mask_tokens(mask.index, mask.restore, mask.removed, noise, B, N, kept);
    return mask;
}

float *walk_block(struct walkthrough *w, const float *x, size_t tokens, size_t width, size_t heads,
                  size_t inner, const char *prefix) {
    const size_t B = w->sizes.batch, rows = B * tokens, D = width;
    const float *const normal = walk_layernorm(w, x, rows, D, EPS, "%snorm1", prefix);
    /* q, k and v side by side, (B, T, 3 D); heads are parts of each row */
    const float *const qkv = walk_linear(w, normal, rows, D, 3 * D, "%sattn.qkv", prefix);
    float *const y = walk_floats(w, rows * D), *const lse = walk_floats(w, rows * heads);
    reference_attention(y, lse, qkv, qkv, qkv, NULL, NULL, B, heads, tokens, tokens, D / heads, 3 * D, 0,
                        3 * D, D, 3 * D, 2 * D, 0, 0, 0, 1 / sqrtf((float)(D / heads)), 0);
    const float *const attended =
        walk_add(w, x, walk_linear(w, y, rows, D, D, "%sattn.proj", prefix), rows * D);

    const float *const again = walk_layernorm(w, attended, rows, D, EPS, "%snorm2", prefix);
    const float *const hidden =
        walk_gelu(w, walk_linear(w, again, rows, D, inner, "%smlp.fc1", prefix), rows * inner);
    return walk_add(w, attended, walk_linear(w, hidden, rows, inner, D, "%smlp.fc2", prefix), rows * D);
}

float *walk_embed_image(struct walkthrough *w, const char *prefix, const float *image, size_t height,
                        size_t width, const float *positions) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, D = s->width, pixels = 3 * s->patch_height * s->patch_width;
    const size_t n = height / s->patch_height * (width / s->patch_width);

    /* A convolution whose step is its size is a product with each patch, its pixels in the order
     * (channel, row, column). */
    float *const patches = walk_floats(w, B * n * pixels), *const tokens = walk_floats(w, B * n * D);
    reference_patchify(patches, image, B, 3, height, width, s->patch_height, s->patch_width, 0);
    reference_add_rows(tokens, walk_linear(w, patches, B * n, pixels, D, "%spatch_embed.proj", prefix),
                       positions, B * n, D, n, 0);

    /* The class token's position is row 0 of the stored table. */
    const size_t N = walk_token_count(s);
    const float *const token = walk_add(w, walk_weight(w, D, "%scls_token", prefix),
                                        walk_weight(w, (1 + N) * D, "%spos_embed", prefix), D);
    float *const tokens_0 = walk_floats(w, B * D), *const x = walk_floats(w, B * (1 + n) * D);
    reference_broadcast_rows(tokens_0, token, B, D, 1);
    reference_concatenate(x, tokens_0, tokens, B, 1, n, D);
    return x;
}

float *walk_blocks(struct walkthrough *w, const char *prefix, const float *x, size_t tokens) {
    const struct walkthrough_sizes *const s = &w->sizes;
    for (size_t i = 0; i < s->depth; i++) {
        x = walk_block(w, x, tokens, s->width, s->heads, s->inner, walk_name(w, "%sblocks.%zu.", prefix, i));
    }
    return walk_layernorm(w, x, s->batch * tokens, s->width, EPS, "%snorm", prefix);
}

float *walk_encode(struct walkthrough *w, const char *prefix, const float *image, const struct mask *mask) {
    const struct walkthrough_sizes *const s = &w->sizes;
    const size_t B = s->batch, D = s->width, N = walk_token_count(s);
    const float *const positions = walk_weight(w, (1 + N) * D, "%spos_embed", prefix) + D;
    float *x = walk_embed_image(w, prefix, image, s->image_height, s->image_width, positions);
    if (mask == NULL)
        return walk_blocks(w, prefix, x, 1 + N);

    /* Of the patches, only those that the mask keeps go on: (B, kept, D). */
    const float *const all = walk_other_tokens(w, x, 1 + N, D);
    const float *const class = walk_class_token(w, x, 1 + N, D);
    float *const kept = walk_floats(w, B * mask->kept * D);
    reference_gather_rows(kept, all, mask->index, B, N, mask->kept, D);
    x = walk_floats(w, B * (1 + mask->kept) * D);
    reference_concatenate(x, class, kept, B, 1, mask->kept, D);
    return walk_blocks(w, prefix, x, 1 + mask->kept);
}
