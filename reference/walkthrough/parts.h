/* parts.h: what the programs of this folder share. Private to it.
 *
 * Every array lives until its program ends, so that they read straight through: one that cannot be had ends
 * the program at once, by a jump to where it began.
 *
 *     struct walkthrough w;
 *     WALKTHROUGH(w, weights, sizes, program(&w, image));    sets up, runs, cleans up, returns the status
 */
#ifndef MNSP_REFERENCE_WALKTHROUGH_PARTS_H
#define MNSP_REFERENCE_WALKTHROUGH_PARTS_H

#include "reference/reference.h"
#include "reference/walkthrough/walkthrough.h"

#include <setjmp.h>

struct walkthrough {
    const struct walkthrough_weights *weights;
    struct walkthrough_sizes sizes;
    void *arrays; /* a list of all that were made */
    jmp_buf failure;
    enum status status;
};

/* Checks the sizes; w->status says whether they can be. */
void walkthrough_begin(struct walkthrough *w, const struct walkthrough_weights *weights,
                       const struct walkthrough_sizes *sizes);
enum status walkthrough_end(struct walkthrough *w);

#define WALKTHROUGH(w, weights, sizes, program)                                                              \
    do {                                                                                                     \
        walkthrough_begin(&(w), weights, sizes);                                                             \
        if ((w).status == STATUS_OK && setjmp((w).failure) == 0) {                                           \
            program;                                                                                         \
        }                                                                                                    \
        return walkthrough_end(&(w));                                                                        \
    } while (0)

/* ---- arrays and weights ---- */

float *walk_floats(struct walkthrough *w, size_t count);
uint32_t *walk_words(struct walkthrough *w, size_t count);
/* The weight with the formatted name. */
const float *walk_weight(struct walkthrough *w, size_t count, const char *format, ...) MNSP_PRINTF(3, 4);
/* A formatted text, to be the beginning of names. */
const char *walk_name(struct walkthrough *w, const char *format, ...) MNSP_PRINTF(2, 3);

/* ---- layers: x (rows, inputs); the formatted name is that of their weights, less ".weight" and ".bias" ----
 */

/* x W^T + b -> (rows, outputs) */
float *walk_linear(struct walkthrough *w, const float *x, size_t rows, size_t inputs, size_t outputs,
                   const char *format, ...) MNSP_PRINTF(6, 7);
/* x W^T, where there is no bias. */
float *walk_project(struct walkthrough *w, const float *x, size_t rows, size_t inputs, size_t outputs,
                    const char *format, ...) MNSP_PRINTF(6, 7);
float *walk_layernorm(struct walkthrough *w, const float *x, size_t rows, size_t width, float eps,
                      const char *format, ...) MNSP_PRINTF(6, 7);
/* LN0: LayerNorm without weights, eps 1e-5. */
float *walk_normalise(struct walkthrough *w, const float *x, size_t rows, size_t width);
float *walk_gelu(struct walkthrough *w, const float *x, size_t count);
float *walk_add(struct walkthrough *w, const float *a, const float *b, size_t count);
/* The class token of each image: x (B, T, D) -> (B, D); and the others -> (B, T - 1, D). */
float *walk_class_token(struct walkthrough *w, const float *x, size_t tokens, size_t width);
float *walk_other_tokens(struct walkthrough *w, const float *x, size_t tokens, size_t width);
/* factor times the sum of squared differences of the rows that were removed, or of all with removed NULL. */
float walk_squared_error(struct walkthrough *w, const float *a, const float *b, const uint32_t *removed,
                         size_t rows, size_t width, double factor);

/* ---- encoder.c ---- */

/* Which tokens of an image are kept; see reference/mask_tokens.c. */
struct mask {
    size_t kept;
    uint32_t *index;   /* (B, kept) */
    uint32_t *restore; /* (B, 1 + N) */
    uint32_t *removed; /* (B, N) */
};
struct mask walk_mask_tokens(struct walkthrough *w, const float *noise);
size_t walk_token_count(const struct walkthrough_sizes *sizes);

/* One block: x (B, T, width) -> the same shape. */
float *walk_block(struct walkthrough *w, const float *x, size_t tokens, size_t width, size_t heads,
                  size_t inner, const char *prefix);
/* [class token; patches], before the blocks: image (B, 3, height, width) -> (B, 1 + n, D). The patches get
 * the rows of `positions` (n, D). */
float *walk_embed_image(struct walkthrough *w, const char *prefix, const float *image, size_t height,
                        size_t width, const float *positions);
/* The blocks and the last norm: x (B, T, D). */
float *walk_blocks(struct walkthrough *w, const char *prefix, const float *x, size_t tokens);
/* The encoder: image (B, 3, H, W) -> (B, 1 + N, D), or (B, 1 + kept, D) with a mask. */
float *walk_encode(struct walkthrough *w, const char *prefix, const float *image, const struct mask *mask);

/* ---- decoder.c: the decoder of lmim and mnsp ---- */

/* [class token; kept tokens and mask tokens in their places] + positions: embedded (B, 1 + kept, E) ->
 * (B, 1 + N, E). */
float *walk_put_back(struct walkthrough *w, const float *embedded, const struct mask *mask);
/* x (B, queries, E), memory (B, keys, E) -> all but the class token (B, queries - 1, D). */
float *walk_decode(struct walkthrough *w, const float *x, size_t queries, const float *memory, size_t keys);

#endif
