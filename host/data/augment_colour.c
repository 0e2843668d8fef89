/* augment_colour.c: augmentations that look at one pixel at a time. */
#include "data/augment.h"
#include "data/byte.h"

#include <math.h>

/* The picture's bytes: three per pixel. */
static size_t byte_count(const struct data_image *image) {
    return (size_t)image->width * image->height * 3;
}

static float luminance(const uint8_t *pixel) {
    return 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
}

enum status augment_contrast(struct data_image *image, const struct augment_range *range,
                             struct philox *random) {
    const float strength = augment_draw(&range[0], random);
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = byte_of(127.0f + strength * (float)(i - 127));
    for (size_t i = 0; i < byte_count(image); i++)
        image->pixels[i] = table[image->pixels[i]];
    return STATUS_OK;
}

enum status augment_solarize(struct data_image *image, const struct augment_range *range,
                             struct philox *random) {
    const float threshold = augment_draw(&range[0], random);
    const int above = philox_next_uniform(random) < 0.5f;
    for (size_t i = 0; i < byte_count(image); i++)
        if ((image->pixels[i] >= threshold) == above)
            image->pixels[i] = (uint8_t)(255 - image->pixels[i]);
    return STATUS_OK;
}

/* Each pixel becomes share * grey + (1 - share) * itself. */
static void blend_with_grey(struct data_image *image, float share) {
    uint8_t *const end = image->pixels + byte_count(image);
    for (uint8_t *pixel = image->pixels; pixel < end; pixel += 3) {
        const float grey = luminance(pixel);
        for (int channel = 0; channel < 3; channel++)
            pixel[channel] = byte_of(share * grey + (1.0f - share) * pixel[channel]);
    }
}

enum status augment_grey(struct data_image *image, const struct augment_range *range, struct philox *random) {
    blend_with_grey(image, augment_draw(&range[0], random));
    return STATUS_OK;
}

void augment_to_grey(struct data_image *image) {
    blend_with_grey(image, 1.0f);
}

/* ---- jitter ---- */

/* Each value becomes base + factor * (value - base). */
static void move_from(struct data_image *image, float base, float factor) {
    uint8_t table[256];
    for (int i = 0; i < 256; i++)
        table[i] = byte_of(base + factor * ((float)i - base));
    for (size_t i = 0; i < byte_count(image); i++)
        image->pixels[i] = table[image->pixels[i]];
}

static float mean_luminance(const struct data_image *image) {
    double sum = 0.0;
    for (size_t i = 0; i < byte_count(image); i += 3)
        sum += (double)luminance(&image->pixels[i]);
    return (float)(3.0 * sum / (double)byte_count(image));
}

/* Turns the hue of one pixel by `shift` sixths of a turn, keeping the value (the largest channel) and the
 * chroma (largest less smallest). */
static void shift_pixel_hue(uint8_t *pixel, float shift) {
    const float r = pixel[0], g = pixel[1], b = pixel[2];
    const float high = fmaxf(r, fmaxf(g, b)), chroma = high - fminf(r, fminf(g, b));
    if (chroma == 0.0f)
        return;
    float hue = high == r ? (g - b) / chroma : high == g ? 2.0f + (b - r) / chroma : 4.0f + (r - g) / chroma;
    hue += shift;
    for (int channel = 0; channel < 3; channel++) {
        /* A channel is at its height within 1 of its own hue (0, 2, 4), and at its depth beyond 2. */
        const float away = fabsf(remainderf(hue - 2.0f * (float)channel, 6.0f));
        pixel[channel] = byte_of(high - chroma * fminf(fmaxf(away - 1.0f, 0.0f), 1.0f));
    }
}

static void shift_hue(struct data_image *image, float turns) {
    uint8_t *const end = image->pixels + byte_count(image);
    for (uint8_t *pixel = image->pixels; pixel < end; pixel += 3)
        shift_pixel_hue(pixel, 6.0f * turns);
}

void augment_jitter(struct data_image *image, const struct augment_jitter *jitter, struct philox *random) {
    int order[4] = {0, 1, 2, 3};
    for (uint32_t i = 3; i > 0; i--) {
        const uint32_t j = philox_next_below(random, i + 1);
        const int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    const float brightness = augment_draw(&jitter->brightness, random);
    const float contrast = augment_draw(&jitter->contrast, random);
    const float saturation = augment_draw(&jitter->saturation, random);
    const float hue = augment_draw(&jitter->hue, random);
    for (int i = 0; i < 4; i++) {
        if (order[i] == 0)
            move_from(image, 0.0f, brightness);
        else if (order[i] == 1)
            move_from(image, roundf(mean_luminance(image)), contrast);
        else if (order[i] == 2)
            blend_with_grey(image, 1.0f - saturation);
        else
            shift_hue(image, hue);
    }
}
