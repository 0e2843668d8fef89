#include "train/picture_grid.h"

#include <math.h>

static size_t columns_of(const struct picture_grid *grid) {
    return grid->width / grid->factor / grid->patch_width;
}

size_t picture_grid_tokens(const struct picture_grid *grid) {
    return grid->height / grid->factor / grid->patch_height * columns_of(grid);
}

/* The first pixel of full size that pixel (y, x) of this scale covers, in one channel. */
static size_t corner_of(const struct picture_grid *grid, size_t y, size_t x, size_t channel) {
    return (channel * grid->height + y * grid->factor) * grid->width + x * grid->factor;
}

static void put_pixel(const struct picture_grid *grid, float *planes, size_t y, size_t x, size_t channel,
                      double value) {
    float *const corner = planes + corner_of(grid, y, x, channel);
    for (size_t row = 0; row < grid->factor; row++)
        for (size_t column = 0; column < grid->factor; column++)
            corner[row * grid->width + column] = (float)value;
}

static double mean_pixel(const struct picture_grid *grid, const float *image, size_t y, size_t x,
                         size_t channel) {
    const float *const corner = image + corner_of(grid, y, x, channel);
    double sum = 0;
    for (size_t row = 0; row < grid->factor; row++)
        for (size_t column = 0; column < grid->factor; column++)
            sum += (double)corner[row * grid->width + column];
    return sum / (double)(grid->factor * grid->factor);
}

void picture_grid_image(const struct picture_grid *grid, float *planes, const float *image) {
    for (size_t c = 0; c < 3; c++)
        for (size_t y = 0; y < grid->height / grid->factor; y++)
            for (size_t x = 0; x < grid->width / grid->factor; x++)
                put_pixel(grid, planes, y, x, c, mean_pixel(grid, image, y, x, c));
}

void picture_grid_patch(const struct picture_grid *grid, float *planes, size_t token, const float *patch,
                        double scale, double shift) {
    const size_t top = token / columns_of(grid) * grid->patch_height;
    const size_t left = token % columns_of(grid) * grid->patch_width;
    for (size_t row = 0; row < grid->patch_height; row++)
        for (size_t column = 0; column < grid->patch_width; column++)
            for (size_t c = 0; c < 3; c++) {
                const double value = (double)patch[(row * grid->patch_width + column) * 3 + c];
                put_pixel(grid, planes, top + row, left + column, c, value * scale + shift);
            }
}

void picture_grid_colour(const struct picture_grid *grid, float *planes, size_t token,
                         const uint8_t colour[3]) {
    const size_t top = token / columns_of(grid) * grid->patch_height;
    const size_t left = token % columns_of(grid) * grid->patch_width;
    for (size_t row = 0; row < grid->patch_height; row++)
        for (size_t column = 0; column < grid->patch_width; column++)
            for (size_t c = 0; c < 3; c++)
                put_pixel(grid, planes, top + row, left + column, c, colour[c] / 127.5 - 1);
}

void picture_grid_moments(const struct picture_grid *grid, const float *image, size_t token, double *mean,
                          double *deviation) {
    const size_t top = token / columns_of(grid) * grid->patch_height;
    const size_t left = token % columns_of(grid) * grid->patch_width;
    const double count = (double)(3 * grid->patch_height * grid->patch_width);
    double sum = 0, squares = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t row = 0; row < grid->patch_height; row++)
            for (size_t column = 0; column < grid->patch_width; column++)
                for (size_t c = 0; c < 3; c++) {
                    const double x = mean_pixel(grid, image, top + row, left + column, c);
                    if (pass == 0)
                        sum += x;
                    else
                        squares += (x - sum / count) * (x - sum / count);
                }
    *mean = sum / count;
    *deviation = sqrt(squares / (count - 1) + 1e-6);
}
