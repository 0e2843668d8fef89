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
    uint32_t epoch, index;
};

/* Each takes the decoded image and leaves it as it was. Errors: STATUS_MEMORY; STATUS_INVALID for a size of
 * 0. */
MNSP_NODISCARD enum status data_view_clean(float *planes, const struct data_image *image, uint32_t height,
                                           uint32_t width);

#endif
