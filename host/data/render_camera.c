/* render_camera.c: light, lens, sensor, file. */
#include "data/augment.h"
#include "data/byte.h"
#include "data/render.h"

#include <math.h>
#include <stdbool.h>

bool render_happens(struct render_chance *chance, float probability) {
    return philox_next_uniform(&chance->random) < chance->wear * probability;
}

/* Light that falls off along a random direction. */
static void shade(struct data_image *image, struct render_chance *chance) {
    const float angle = philox_next_between(&chance->random, 0.0f, 6.2831853f);
    const float dark = philox_next_between(&chance->random, 0.5f, 0.95f);
    const float across = cosf(angle) / (float)image->width, down = sinf(angle) / (float)image->height;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            const float way = across * ((float)x - 0.5f * (float)image->width) +
                              down * ((float)y - 0.5f * (float)image->height);
            const float light = 1.0f - (1.0f - dark) * fminf(fmaxf(0.5f + way, 0.0f), 1.0f);
            uint8_t *const pixel = &image->pixels[((size_t)y * image->width + x) * 3];
            for (int channel = 0; channel < 3; channel++)
                pixel[channel] = byte_of(light * pixel[channel]);
        }
}

/* Exposure and contrast, as a table: x -> middle + contrast (light x - middle). */
static void expose(struct data_image *image, struct render_chance *chance) {
    const float light = render_happens(chance, 0.25f) ? philox_next_between(&chance->random, 0.35f, 0.8f)
                                                      : philox_next_between(&chance->random, 0.85f, 1.15f);
    const float contrast = philox_next_between(&chance->random, 0.55f, 1.1f);
    const float middle = light * philox_next_between(&chance->random, 80.0f, 170.0f);
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = byte_of(middle + contrast * (light * (float)i - middle));
    for (size_t i = 0; i < (size_t)image->width * image->height * 3; i++)
        image->pixels[i] = table[image->pixels[i]];
}

/* Fewer pixels; they stay few, or are made many again by somebody who enlarged the photo. */
static enum status shrink(struct data_image *image, struct render_chance *chance) {
    const uint32_t width = image->width, height = image->height;
    const float scale = philox_next_between(&chance->random, 0.5f, 0.8f);
    if (height < 20)
        return STATUS_OK;
    TRY(data_image_resize(image, (uint32_t)(scale * (float)height), 1 + (uint32_t)(scale * (float)width)));
    return philox_next_below(&chance->random, 2) == 0 ? data_image_resize(image, height, width) : STATUS_OK;
}

/* Noise of nearly normal distribution: four bytes add up to a value of standard deviation 147.8, and a block
 * of random numbers makes four values. */
static void add_noise(struct data_image *image, struct render_chance *chance) {
    static const struct augment_range range = {1.0f, 22.0f};
    const float scale = augment_draw_low(&range, &chance->random) / 147.8f;
    const uint32_t key[2] = {philox_next(&chance->random), philox_next(&chance->random)};
    const size_t count = (size_t)image->width * image->height * 3;
    for (size_t i = 0; i < count; i += 4) {
        const uint32_t counter[4] = {(uint32_t)(i / 4), PHILOX_STREAM_RENDER, 0, 0};
        uint32_t word[4];
        philox_block(word, counter, key);
        for (size_t k = 0; k < 4 && i + k < count; k++) {
            const uint32_t sum =
                (word[k] & 255) + (word[k] >> 8 & 255) + (word[k] >> 16 & 255) + (word[k] >> 24);
            image->pixels[i + k] = byte_of(image->pixels[i + k] + scale * ((float)sum - 510.0f));
        }
    }
}

enum status render_camera(struct data_image *image, struct render_chance *chance, int *quality) {
    if (render_happens(chance, 0.4f))
        shade(image, chance);
    if (render_happens(chance, 0.6f))
        expose(image, chance);
    if (render_happens(chance, 0.55f)) {
        const float unit = (float)image->height / 32.0f;
        const struct augment_range sigma = {0.3f, 0.4f + 0.7f * unit};
        TRY(augment_blur(image, &sigma, &chance->random));
    }
    if (render_happens(chance, 0.1f))
        TRY(augment_motion_blur(image, &(struct augment_range){2.0f, 2.0f + 0.25f * (float)image->height},
                                &chance->random));
    if (render_happens(chance, 0.2f))
        TRY(shrink(image, chance));
    if (render_happens(chance, 0.45f))
        add_noise(image, chance);
    *quality = render_happens(chance, 0.75f) ? 25 + (int)philox_next_below(&chance->random, 71) : 0;
    return STATUS_OK;
}
