/* augment.h: the augmentations, each a function of its own, and the tables that give them their strength.
 *
 * An augmentation changes a picture in place and may change its size. It draws its parameters from `random`,
 * each uniform in a range of its own unless it says otherwise; the ranges come from the tables in augment.c.
 * Sizes stay bounded: given sides up to AUGMENT_SIDE_MAX, none gives a side over AUGMENT_CANVAS_MAX.
 *
 * Use:
 *
 *     struct philox random = philox_start(seed, PHILOX_STREAM_AUGMENT, epoch, element);
 *     const struct augmentation *first = &augment_guidance[0];
 *     TRY(first->apply(&image, first->range, &random));
 *
 * Sources: the guidance table is that of LMIM (CVPR 2025), which takes it from sequence-to-sequence
 * contrastive learning (Aberdam et al., CVPR 2021); the recognition table is that of ABINet (Fang et al.,
 * CVPR 2021).
 *
 * Errors of all: STATUS_MEMORY. The picture is then unchanged or partly changed, but valid.
 */
#ifndef MNSP_DATA_AUGMENT_H
#define MNSP_DATA_AUGMENT_H

#include "base/philox.h"
#include "data/image.h"

enum {
    AUGMENT_SIDE_MAX = 1024,   /* views shrink larger pictures to this first */
    AUGMENT_CANVAS_MAX = 2048, /* a canvas that would grow beyond is drawn smaller */
};

struct augment_range {
    float low, high;
};

struct augmentation {
    const char *name;
    enum status (*apply)(struct data_image *image, const struct augment_range *range, struct philox *random);
    struct augment_range range[4];
};

enum { AUGMENT_GUIDANCE_COUNT = 10, AUGMENT_GEOMETRY_COUNT = 3, AUGMENT_DETERIORATION_COUNT = 3 };

/* The ten of the guidance view, the three geometric ones and the three deteriorations of the recognition
 * view. */
extern const struct augmentation augment_guidance[AUGMENT_GUIDANCE_COUNT];
extern const struct augmentation augment_geometry[AUGMENT_GEOMETRY_COUNT];
extern const struct augmentation augment_deterioration[AUGMENT_DETERIORATION_COUNT];

/* Colour jitter: factors of brightness (away from black), contrast (from the mean grey) and saturation (from
 * each pixel's grey), and the shift of the hue in turns; the four in random order. */
struct augment_jitter {
    struct augment_range brightness, contrast, saturation, hue;
};
extern const struct augment_jitter augment_guidance_jitter, augment_recognition_jitter;
void augment_jitter(struct data_image *image, const struct augment_jitter *jitter, struct philox *random);

/* ---- colour (augment_colour.c) ---- */

#define AUGMENT(name)                                                                                        \
    MNSP_NODISCARD enum status augment_##name(struct data_image *image, const struct augment_range *range,   \
                                              struct philox *random)

/* x -> 127 + a (x - 127). Range 0: a. */
AUGMENT(contrast);
/* Inverts values from a threshold up, or below it, with probability 1/2 each. Range 0: threshold. */
AUGMENT(solarize);
/* Blends with grey: x -> a grey + (1 - a) x. Range 0: a. */
AUGMENT(grey);

/* Grey, 0.299 R + 0.587 G + 0.114 B, in all three channels. */
void augment_to_grey(struct data_image *image);

/* ---- neighbourhoods (augment_filter.c) ---- */

/* Gaussian blur, edges replicated. Range 0: sigma in pixels. */
AUGMENT(blur);
/* Blends with the 3 x 3 kernel of centre 8 + l and neighbours -1. Ranges: 0 blend, 1 l. */
AUGMENT(sharpen);
/* Adds normal noise to every value. Range 0: variance, drawn as low + Beta(1, 4) (high - low). */
AUGMENT(noise);
/* Mean along a line through each pixel, in a random direction. Range 0: length, drawn as Beta(1, 4), see
 * noise. */
AUGMENT(motion_blur);
/* Resizes to 128 x 512 and down by 2^f, then back. Range 0: f, rounded. */
AUGMENT(rescale);

/* ---- places (augment_place.c) ---- */

/* Cuts rows off the top and, drawn apart, the bottom, and resizes back. Range 0: fraction of the height. */
AUGMENT(crop_rows);
/* The same for columns at the left and right. */
AUGMENT(crop_columns);
/* Rotates on a canvas grown to fit, black outside. Range 0: degrees. */
AUGMENT(rotate);
/* Moves the points of a 4 x 4 grid by normal distances and maps the triangles between them linearly; edges
 * replicated. Range 0: standard deviation as a fraction of the side. */
AUGMENT(piecewise);
/* Moves the corners inwards by |normal| distances, mapped back to the whole picture. Range 0: standard
 * deviation as a fraction of the side. */
AUGMENT(perspective);
/* Rotates on a canvas grown to fit, edges replicated. Range 0: degrees, drawn as Beta(4, 4). */
AUGMENT(turn);
/* Shears, rotates and scales on a canvas grown to fit, edges replicated. Ranges: 0 degrees of rotation, 1
 * scale, 2 degrees of shear across, 3 upwards; the angles drawn as Beta(4, 4). */
AUGMENT(affine);
/* Moves the corners inwards by up to half the side times range 0, drawn as Beta(1, 4), and keeps the bounding
 * box; edges replicated. */
AUGMENT(distort);

#undef AUGMENT

/* ---- distributions ---- */

/* Uniform in a range. */
float augment_draw(const struct augment_range *range, struct philox *random);
/* low + Beta(4, 4) (high - low): bell-shaped. */
float augment_draw_middle(const struct augment_range *range, struct philox *random);
/* low + Beta(1, 4) (high - low): mostly near the low end. */
float augment_draw_low(const struct augment_range *range, struct philox *random);

#endif
