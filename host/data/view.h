/* view.h: the pictures a network sees of one image.
 *
 * Every view is normalised planes (3, height, width). The clean view is resized only. The guidance view is
 * that of LMIM (CVPR 2025), the recognition view that of its fine-tuning; augment.h lists what they draw
 * from.
 *
 * Random numbers come from Philox with key `seed`, stream PHILOX_STREAM_AUGMENT, step `epoch` and elements
 * from 2^16 index + 2^14 view, so that a view depends on (seed, epoch, index) and on nothing else.
 */
#ifndef MNSP_DATA_VIEW_H
#define MNSP_DATA_VIEW_H

#include "data/image.h"

/* Which random numbers a view takes. */
struct data_view_key {
    uint64_t seed;
    uint32_t epoch;
    uint64_t index; /* of the image, below 2^32; further times in an epoch have 2^32, 2 * 2^32, .. added */
};

/* Each takes the decoded image and leaves it as it was. Errors: STATUS_MEMORY; STATUS_INVALID for a size of
 * 0. */
MNSP_NODISCARD enum status data_view_clean(float *planes, const struct data_image *image, uint32_t height,
                                           uint32_t width);

/* How much the views are changed. */
struct data_view_chances {
    float geometry, deterioration, colour; /* probability of each group of the recognition view */
    uint32_t least; /* augmentations of the guidance view, 0 .. AUGMENT_GUIDANCE_COUNT */
};
extern const struct data_view_chances data_view_published; /* 1/2, 1/4, 1/4; 3 */

/* At the image's own size `least` to 10 augmentations of augment_guidance[], as many and in such an order as
 * drawn; then resized; then with probability 0.8 colour jitter and with 0.2 grey. */
MNSP_NODISCARD enum status data_view_guidance(float *planes, const struct data_image *image, uint32_t height,
                                              uint32_t width, const struct data_view_chances *chances,
                                              const struct data_view_key *key);

/* At the image's own size, each with its probability: one of augment_geometry[]; all of
 * augment_deterioration[] in random order; colour jitter. Then resized. `view` is 0 or 1: two views
 * of one image draw apart. */
MNSP_NODISCARD enum status data_view_recognition(float *planes, const struct data_image *image,
                                                 uint32_t height, uint32_t width,
                                                 const struct data_view_chances *chances,
                                                 const struct data_view_key *key, uint32_t view);

#endif
