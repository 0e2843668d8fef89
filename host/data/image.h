/* image.h: pictures in memory: decoding, resizing, and the float planes a network takes.
 *
 * Use:
 *
 *     struct data_image image;
 *     TRY(data_image_decode(&image, bytes, size));
 *     TRY(data_image_resize(&image, 32, 128));
 *     data_image_normalise(planes, &image);   // (3, 32, 128) in [-1, 1]
 *     data_image_free(&image);
 *
 * Caveats: colour profiles, gamma, alpha and EXIF orientation are ignored, as the field's loaders do.
 */
#ifndef MNSP_DATA_IMAGE_H
#define MNSP_DATA_IMAGE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum {
    DATA_IMAGE_PIXELS_MAX = 1 << 26, /* a picture with more is refused before it is decoded */
    DATA_IMAGE_SIDE_MAX = 1 << 16,
    DATA_IMAGE_BYTES_MAX = 1 << 28, /* of an encoded file */
};

/* 8-bit RGB, pixels (height, width, 3), rows from the top. */
struct data_image {
    uint32_t width, height;
    uint8_t *pixels;
};

/* A black picture. Errors: STATUS_INVALID for a side of 0 or more pixels than the limits, STATUS_MEMORY. */
MNSP_NODISCARD enum status data_image_new(struct data_image *out, uint32_t width, uint32_t height);

/* Releases the pixels; also of a zeroed picture, and twice. */
void data_image_free(struct data_image *image);

/* Releases *image and moves *fresh into its place. */
void data_image_replace(struct data_image *image, struct data_image *fresh);

MNSP_NODISCARD enum status data_image_copy(struct data_image *out, const struct data_image *image);

/* Decodes JPEG, PNG or BMP bytes to RGB: grey is repeated, alpha dropped, 16 bits cut to 8, CMYK converted.
 * Errors: STATUS_INVALID when the bytes are no such picture, or one beyond the limits above;
 * STATUS_MEMORY. *out is zeroed then. */
MNSP_NODISCARD enum status data_image_decode(struct data_image *out, const void *bytes, size_t size);

/* The ending of a file's name for encoded bytes, ".jpg", ".png" or ".bmp", by how they
 * begin; NULL for others. */
const char *data_image_ending(const char *bytes, size_t size);

/* Reads an encoded file into *bytes, released with free(). Errors: STATUS_INVALID when there is no such
 * regular file, or it is too large; STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status data_image_bytes(char **bytes, size_t *size, const char *path);

/* Reads and decodes a file. Errors: as above, and STATUS_IO when it cannot be read. */
MNSP_NODISCARD enum status data_image_read(struct data_image *out, const char *path);

/* Encodes as JPEG of a quality from 1 to 100 (colour is kept at half resolution up to
 * 90), or as PNG when it is 0.
 * *bytes are released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status data_image_encode(const struct data_image *image, int quality, char **bytes,
                                             size_t *size);

/* Resizes to height x width by the cubic kernel of Keys (a = -0.5), stretched by the scale when shrinking,
 * columns first, with 8 bits between the two passes: the same bytes as Pillow's BICUBIC.
 * Source: Keys, "Cubic convolution interpolation", 1981. Errors: as data_image_new(). */
MNSP_NODISCARD enum status data_image_resize(struct data_image *image, uint32_t height, uint32_t width);

/* Shrinks, keeping the shape, until no side is longer than `side`; smaller pictures stay as they are. */
MNSP_NODISCARD enum status data_image_limit(struct data_image *image, uint32_t side);

/* Writes ((x / 255) - 0.5) / 0.5 to planes (3, height, width). */
void data_image_normalise(float *planes, const struct data_image *image);

#endif
