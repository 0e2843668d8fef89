/* render_photos.c: pieces of photographs as grounds. */
#include "base/memory.h"
#include "data/byte.h"
#include "data/render.h"
#include "data/source_kind.h"

#include <stdlib.h>
#include <string.h>

enum { PHOTOS_MAX = 128, SIDE_MAX = 384 };

void render_photos_close(struct render_photos *photos) {
    for (size_t i = 0; i < photos->count; i++)
        data_image_free(&photos->image[i]);
    free(photos->image);
    *photos = (struct render_photos){0};
}

/* Reads one photo; one that cannot be decoded is left out. */
static enum status add_photo(struct render_photos *photos, const struct source *source, size_t index) {
    char *bytes;
    size_t size;
    struct data_image *const image = &photos->image[photos->count];
    enum status code = source->kind->bytes(source->state, index, &bytes, &size);
    if (code == STATUS_OK) {
        code = data_image_decode(image, bytes, size);
        free(bytes);
    }
    if (code == STATUS_OK) {
        photos->count++;
        code = data_image_limit(image, SIDE_MAX);
    }
    return code == STATUS_MEMORY ? code : STATUS_OK;
}

enum status render_photos_open(struct render_photos *out, const char *folder) {
    struct source source;
    *out = (struct render_photos){0};
    TRY(source_open_folder(&source, folder));
    const size_t count = source.count < PHOTOS_MAX ? source.count : PHOTOS_MAX;
    enum status code = memory_new(&out->image, count, sizeof *out->image);
    for (size_t i = 0; i < count && code == STATUS_OK; i++) /* evenly spread over the folder */
        code = add_photo(out, &source, (size_t)((double)i * (double)source.count / (double)count));
    source.kind->close(source.state);
    if (code == STATUS_OK && out->count == 0)
        code = status_set(STATUS_INVALID, "%s: no image in it can be decoded", folder);
    if (code != STATUS_OK)
        render_photos_close(out);
    return code;
}

static enum status cut(const struct data_image *photo, uint32_t width, uint32_t height, struct philox *random,
                       struct data_image *out) {
    const uint32_t left = philox_next_below(random, photo->width - width + 1);
    const uint32_t top = philox_next_below(random, photo->height - height + 1);
    TRY(data_image_new(out, width, height));
    for (size_t y = 0; y < height; y++)
        memcpy(&out->pixels[y * width * 3], &photo->pixels[((top + y) * photo->width + left) * 3],
               (size_t)width * 3);
    return STATUS_OK;
}

/* Its mean colour; the picture is drawn towards it, so that a text stays legible. */
static void calm(struct data_image *image, float share, float colour[3]) {
    const size_t pixels = (size_t)image->width * image->height;
    double sum[3] = {0};
    for (size_t i = 0; i < 3 * pixels; i++)
        sum[i % 3] += image->pixels[i];
    for (int channel = 0; channel < 3; channel++)
        colour[channel] = (float)(sum[channel] / (double)pixels);
    for (size_t i = 0; i < 3 * pixels; i++)
        image->pixels[i] = byte_of(colour[i % 3] + share * (image->pixels[i] - colour[i % 3]));
}

enum status render_photo_ground(struct data_image *image, const struct render_photos *photos,
                                struct render_chance *chance, float colour[3]) {
    struct philox *const random = &chance->random;
    const struct data_image *const photo = &photos->image[philox_next_below(random, (uint32_t)photos->count)];
    const float scale = philox_next_between(random, 0.5f, 2.0f),
                share = philox_next_between(random, 0.3f, 1.0f);
    const uint32_t width = 1 + (uint32_t)(scale * (float)image->width),
                   height = 1 + (uint32_t)(scale * (float)image->height);
    const uint32_t new_width = image->width, new_height = image->height;
    struct data_image piece;
    TRY(cut(photo, width < photo->width ? width : photo->width,
            height < photo->height ? height : photo->height, random, &piece));
    data_image_replace(image, &piece);
    TRY(data_image_resize(image, new_height, new_width));
    calm(image, share, colour);
    return STATUS_OK;
}
