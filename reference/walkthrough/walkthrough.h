/* walkthrough.h: each objective once more, as one straight program in scalar C, for reading.
 *
 * mae.c, lmim.c, mnsp.c and recogniser.c are the whole forward pass and loss, written out over the
 * reference_<operator> functions: no graph, no framework, no gradients. Start with mae.c and encoder.c;
 * lmim.c adds a second view and a teacher, mnsp.c the scales. Arrays have the names of spec/objectives/, and
 * shapes in comments. Tests hold the graph's loss against these programs.
 *
 * Weights are looked up by their published names:
 *
 *     static const float *find(void *file, const char *name, size_t count) { ... }
 *     TRY(walkthrough_mae(&loss, &(struct walkthrough_weights){find, file}, &sizes, image, mask_noise));
 *
 * Caveats: slow, by intent. There is no dropout: what is computed is what a trained network computes.
 */
#ifndef MNSP_REFERENCE_WALKTHROUGH_WALKTHROUGH_H
#define MNSP_REFERENCE_WALKTHROUGH_WALKTHROUGH_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct walkthrough_weights {
    /* The `count` floats of that name, or NULL when there are none. */
    const float *(*find)(void *context, const char *name, size_t count);
    void *context;
};

struct walkthrough_sizes {
    size_t batch;                      /* B */
    size_t image_height, image_width;  /* H, W */
    size_t patch_height, patch_width;  /* ph, pw; N = (H / ph) (W / pw) tokens */
    size_t width, depth, heads, inner; /* encoder: D, ... */
    size_t decoder_width, decoder_depth, decoder_heads, decoder_inner; /* decoder: E, ... */
    double mask_ratio;                                                 /* kept = int(N (1 - mask_ratio)) */
    size_t scales;                                                     /* mnsp: K */
    size_t characters, length; /* recogniser: without EOS, PAD, UNK, BOS; positions T */
};

/* Images are (B, 3, H, W), normalised; mask_noise (B, N). Errors: STATUS_INVALID for a weight that is
 * missing, naming it; STATUS_MEMORY. */
MNSP_NODISCARD enum status walkthrough_mae(float *loss, const struct walkthrough_weights *weights,
                                           const struct walkthrough_sizes *sizes, const float *image,
                                           const float *mask_noise);

struct walkthrough_losses {
    float mim, nsp, mla; /* the terms; nsp is 0 in lmim */
    float loss;          /* their sum */
};
MNSP_NODISCARD enum status walkthrough_lmim(struct walkthrough_losses *losses,
                                            const struct walkthrough_weights *weights,
                                            const struct walkthrough_sizes *sizes, const float *image,
                                            const float *guidance, const float *mask_noise);
/* With the default settings of spec/objectives/mnsp.md. */
MNSP_NODISCARD enum status walkthrough_mnsp(struct walkthrough_losses *losses,
                                            const struct walkthrough_weights *weights,
                                            const struct walkthrough_sizes *sizes, const float *image,
                                            const float *guidance, const float *mask_noise);

/* target (B, T): symbols, EOS, PAD ...; length (B): symbols with EOS. */
MNSP_NODISCARD enum status walkthrough_recognition(float *loss, const struct walkthrough_weights *weights,
                                                   const struct walkthrough_sizes *sizes, const float *image,
                                                   const uint32_t *target, const uint32_t *length);
/* Greedy reading: text (B, T), the symbols read, EOS, PAD ...; probability (B, T) of each, 0 behind EOS. */
MNSP_NODISCARD enum status walkthrough_read(uint32_t *text, float *probability,
                                            const struct walkthrough_weights *weights,
                                            const struct walkthrough_sizes *sizes, const float *image);

#endif
