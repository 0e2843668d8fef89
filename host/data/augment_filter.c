/* augment_filter.c: augmentations that look at neighbours. */
#include "base/memory.h"
#include "data/augment.h"
#include "data/byte.h"
#include "data/warp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t inside(int64_t place, uint32_t side) {
    return place < 0 ? 0 : place >= side ? side - 1 : (uint32_t)place;
}

/* ---- blur ---- */

enum { RADIUS_MAX = 16 };

/* A row of bytes as floats with its first and last pixel repeated `radius` times on either side. */
static void pad_row(float *padded, const uint8_t *row, uint32_t width, int radius) {
    for (int64_t x = -radius; x < (int64_t)width + radius; x++, padded += 3)
        for (size_t channel = 0; channel < 3; channel++)
            padded[channel] = row[(size_t)inside(x, width) * 3 + channel];
}

/* Both passes of a symmetric kernel, weight[0] in the middle: `middle` holds the picture after the first.
 * `padded` has room for a row and its edges. */
static void convolve(struct data_image *image, struct data_image *middle, float *padded, const float *weight,
                     int radius) {
    const size_t pitch = (size_t)image->width * 3;
    for (uint32_t y = 0; y < image->height; y++) {
        pad_row(padded, &image->pixels[y * pitch], image->width, radius);
        for (size_t x = 0; x < pitch; x++) {
            float sum = 0.0f;
            for (int offset = -radius; offset <= radius; offset++)
                sum += weight[abs(offset)] * padded[x + 3 * (size_t)(radius + offset)];
            middle->pixels[y * pitch + x] = byte_of(sum);
        }
    }
    for (uint32_t y = 0; y < image->height; y++) {
        memset(padded, 0, pitch * sizeof *padded);
        for (int offset = -radius; offset <= radius; offset++) {
            const uint8_t *const row = &middle->pixels[inside((int64_t)y + offset, image->height) * pitch];
            for (size_t x = 0; x < pitch; x++)
                padded[x] += weight[abs(offset)] * row[x];
        }
        for (size_t x = 0; x < pitch; x++)
            image->pixels[y * pitch + x] = byte_of(padded[x]);
    }
}

enum status augment_blur(struct data_image *image, const struct augment_range *range, struct philox *random) {
    const float sigma = augment_draw(&range[0], random);
    const int radius = (int)fminf(ceilf(3.0f * sigma), RADIUS_MAX);
    float weight[RADIUS_MAX + 1], sum = 0.0f;
    for (int i = 0; i <= radius; i++) {
        weight[i] = expf(-(float)(i * i) / (2.0f * sigma * sigma));
        sum += i == 0 ? weight[i] : 2.0f * weight[i];
    }
    for (int i = 0; i <= radius; i++)
        weight[i] /= sum;
    struct data_image middle;
    float *padded;
    TRY(data_image_new(&middle, image->width, image->height));
    const enum status code = memory_new(&padded, (size_t)image->width + 2 * RADIUS_MAX, 3 * sizeof *padded);
    if (code == STATUS_OK) {
        convolve(image, &middle, padded, weight, radius);
        free(padded);
    }
    data_image_free(&middle);
    return code;
}

/* ---- sharpen ---- */

/* The sum of the 3 x 3 values around each of one row; `above` and `below` may be that row itself at an edge.
 */
static void sum_around(int *around, const uint8_t *above, const uint8_t *row, const uint8_t *below,
                       uint32_t width) {
    for (uint32_t x = 0; x < width; x++) {
        const size_t left = 3 * (size_t)(x > 0 ? x - 1 : 0), middle = 3 * (size_t)x;
        const size_t right = 3 * (size_t)(x + 1 < width ? x + 1 : x);
        for (size_t c = 0; c < 3; c++)
            around[middle + c] = above[left + c] + above[middle + c] + above[right + c] + row[left + c] +
                                 row[middle + c] + row[right + c] + below[left + c] + below[middle + c] +
                                 below[right + c];
    }
}

enum status augment_sharpen(struct data_image *image, const struct augment_range *range,
                            struct philox *random) {
    const float share = augment_draw(&range[0], random), lightness = augment_draw(&range[1], random);
    const float centre = 1.0f - share + share * (9.0f + lightness);
    const size_t pitch = (size_t)image->width * 3;
    struct data_image out;
    int *around;
    TRY(data_image_new(&out, image->width, image->height));
    const enum status code = memory_new(&around, pitch, sizeof *around);
    for (uint32_t y = 0; code == STATUS_OK && y < image->height; y++) {
        const uint8_t *const row = &image->pixels[y * pitch];
        sum_around(around, y > 0 ? row - pitch : row, row, y + 1 < image->height ? row + pitch : row,
                   image->width);
        for (size_t x = 0; x < pitch; x++)
            out.pixels[y * pitch + x] = byte_of(centre * row[x] - share * (float)around[x]);
    }
    if (code != STATUS_OK) {
        data_image_free(&out);
        return code;
    }
    free(around);
    data_image_replace(image, &out);
    return STATUS_OK;
}

/* ---- deterioration ---- */

enum status augment_noise(struct data_image *image, const struct augment_range *range,
                          struct philox *random) {
    const float deviation = sqrtf(augment_draw_low(&range[0], random));
    /* A large picture needs more numbers than `random` may give, so that it gives a key for them. */
    const uint64_t high = philox_next(random), key = high << 32 | philox_next(random);
    struct philox field = philox_start(key, PHILOX_STREAM_AUGMENT, 0, 0);
    for (size_t i = 0; i < (size_t)image->width * image->height * 3; i++)
        image->pixels[i] = byte_of(image->pixels[i] + deviation * philox_next_normal(&field));
    return STATUS_OK;
}

enum status augment_motion_blur(struct data_image *image, const struct augment_range *range,
                                struct philox *random) {
    const int length = (int)augment_draw_low(&range[0], random);
    const double angle = 3.14159265358979323846 * (double)philox_next_uniform(random);
    const double across = cos(angle), down = sin(angle);
    if (length <= 1)
        return STATUS_OK;
    struct data_image out;
    TRY(data_image_new(&out, image->width, image->height));
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            float sum[3] = {0}, colour[3];
            for (int i = 0; i < length; i++) {
                const double way = i - (length - 1) / 2.0;
                const struct warp_point place = {x + 0.5 + way * across, y + 0.5 + way * down};
                warp_sample(colour, image, place, WARP_REPLICATE);
                for (int channel = 0; channel < 3; channel++)
                    sum[channel] += colour[channel];
            }
            for (size_t channel = 0; channel < 3; channel++)
                out.pixels[((size_t)y * image->width + x) * 3 + channel] =
                    byte_of(sum[channel] / (float)length);
        }
    data_image_replace(image, &out);
    return STATUS_OK;
}

enum status augment_rescale(struct data_image *image, const struct augment_range *range,
                            struct philox *random) {
    const int halvings = (int)lrintf(augment_draw(&range[0], random));
    const uint32_t width = image->width, height = image->height;
    TRY(data_image_resize(image, 128u >> halvings, 512u >> halvings));
    return data_image_resize(image, height, width);
}
