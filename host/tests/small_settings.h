/* small_settings.h: settings of networks that a CPU steps through in milliseconds. */
#ifndef MNSP_TESTS_SMALL_SETTINGS_H
#define MNSP_TESTS_SMALL_SETTINGS_H

#include "train/settings.h"

/* The defaults, but images of 8 x 32 in 8 patches, and blocks 16 wide: `depth` in the encoder, one in the
 * decoder and one in the recogniser. */
static inline struct settings small_settings(enum settings_objective objective, int depth) {
    struct settings s;
    settings_defaults(&s);
    s.objective = objective;
    s.image_height = 8, s.image_width = 32, s.patch_height = 4, s.patch_width = 8;
    s.width = 16, s.depth = depth, s.heads = 2, s.mlp_ratio = 2;
    s.decoder_width = 16, s.decoder_depth = 1, s.decoder_heads = 2, s.decoder_mlp_ratio = 2;
    s.recognition_width = 16, s.recognition_depth = 1, s.recognition_heads = 2, s.recognition_inner = 16;
    return s;
}

#endif
