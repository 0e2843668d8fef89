#include "data/image.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum status data_image_new(struct data_image *out, uint32_t width, uint32_t height) {
    *out = (struct data_image){0};
    if (width == 0 || height == 0 || width > DATA_IMAGE_SIDE_MAX || height > DATA_IMAGE_SIDE_MAX ||
        (uint64_t)width * height > DATA_IMAGE_PIXELS_MAX)
        return status_set(STATUS_INVALID,
                          "a picture of %u x %u pixels is outside the limits (%d pixels, side %d)", width,
                          height, DATA_IMAGE_PIXELS_MAX, DATA_IMAGE_SIDE_MAX);
    TRY(memory_new(&out->pixels, (size_t)width * height, 3));
    out->width = width;
    out->height = height;
    return STATUS_OK;
}

void data_image_free(struct data_image *image) {
    free(image->pixels);
    *image = (struct data_image){0};
}

void data_image_replace(struct data_image *image, struct data_image *fresh) {
    free(image->pixels);
    *image = *fresh;
    *fresh = (struct data_image){0};
}

enum status data_image_copy(struct data_image *out, const struct data_image *image) {
    TRY(data_image_new(out, image->width, image->height));
    memcpy(out->pixels, image->pixels, (size_t)image->width * image->height * 3);
    return STATUS_OK;
}

enum status data_image_limit(struct data_image *image, uint32_t side) {
    const uint32_t longest = image->width > image->height ? image->width : image->height;
    if (longest <= side)
        return STATUS_OK;
    const uint32_t width = (uint32_t)((uint64_t)image->width * side / longest);
    const uint32_t height = (uint32_t)((uint64_t)image->height * side / longest);
    return data_image_resize(image, height ? height : 1, width ? width : 1);
}

void data_image_normalise(float *planes, const struct data_image *image) {
    float value[256];
    for (int i = 0; i < 256; i++)
        value[i] = ((float)i / 255.0f - 0.5f) / 0.5f;
    const size_t pixels = (size_t)image->width * image->height;
    for (size_t i = 0; i < pixels; i++)
        for (size_t channel = 0; channel < 3; channel++)
            planes[channel * pixels + i] = value[image->pixels[i * 3 + channel]];
}
