/* ink.h: which pixels of a picture are text, as far as can be known.
 *
 *     TRY(data_ink_find(ink, &known, set, index, &image, 32, 128));       ink (32, 128), from 0 to 1
 *
 * Of a rendered word it is known: the ink that was laid. Of other pictures it is estimated (spec/scores.md):
 * text differs in colour from what is seen along the border. Mean correlation with the ink of 1,000 rendered
 * words, over patches of 4 x 4: 0.85, and 0.99 without wear.
 *
 * Caveats: an estimate takes all that stands out for text, also a frame or a second word.
 */
#ifndef MNSP_DATA_INK_H
#define MNSP_DATA_INK_H

#include "data/source.h"

/* Of item `index` of a set, which `image` was read from, at a size of height x width. *known tells whether it
 * is known or estimated. `set` NULL: estimated. Errors: STATUS_MEMORY; those of data_set_ink(). */
MNSP_NODISCARD enum status data_ink_find(float *ink, bool *known, struct data_set *set, size_t index,
                                         const struct data_image *image, uint32_t height, uint32_t width);

/* Estimates it at the picture's own size: 1 on text, 0 elsewhere. A picture of one colour has none. */
void data_ink_estimate(float *ink, const struct data_image *image);

#endif
