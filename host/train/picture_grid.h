/* picture_grid.h: the patches of an image at one of its scales, drawn into planes of the full size. Used by
 * picture_preview.c.
 *
 * An image (3, H, W) is seen `factor` times coarser: (3, H / factor, W / factor), each pixel the mean of a
 * square. Its patches, (patch_height, patch_width) each, are drawn with pixels of factor x factor.
 */
#ifndef MNSP_TRAIN_PICTURE_GRID_H
#define MNSP_TRAIN_PICTURE_GRID_H

#include <stddef.h>
#include <stdint.h>

struct picture_grid {
    size_t height, width, patch_height, patch_width, factor;
};

size_t picture_grid_tokens(const struct picture_grid *grid);

/* The whole image at this scale. */
void picture_grid_image(const struct picture_grid *grid, float *planes, const float *image);

/* Fills a patch with one colour. */
void picture_grid_colour(const struct picture_grid *grid, float *planes, size_t token,
                         const uint8_t colour[3]);

/* Writes a patch (patch_height, patch_width, 3), each number times `scale` plus `shift`. */
void picture_grid_patch(const struct picture_grid *grid, float *planes, size_t token, const float *patch,
                        double scale, double shift);

/* Mean and standard deviation of a patch, as pixel targets are normalised with: the variance has divisor
 * 3 ph pw - 1, and 1e-6 is added to it. */
void picture_grid_moments(const struct picture_grid *grid, const float *image, size_t token, double *mean,
                          double *deviation);

#endif
