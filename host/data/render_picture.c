/* render_picture.c: ink on a ground, and what a camera does to it. */
#include "data/augment.h"
#include "data/byte.h"
#include "data/render.h"

#include <math.h>
#include <stdbool.h>

struct colour {
    float channel[3];
};

static float luminance(const struct colour *colour) {
    return 0.299f * colour->channel[0] + 0.587f * colour->channel[1] + 0.114f * colour->channel[2];
}

static struct colour mix(const struct colour *a, const struct colour *b, float share) {
    struct colour mixed;
    for (int i = 0; i < 3; i++)
        mixed.channel[i] = a->channel[i] + share * (b->channel[i] - a->channel[i]);
    return mixed;
}

/* Most colours of the street are near grey. */
static struct colour draw_colour(struct philox *random) {
    struct colour colour;
    for (int i = 0; i < 3; i++)
        colour.channel[i] = philox_next_between(random, 0.0f, 255.0f);
    const float value = philox_next_between(random, 0.0f, 255.0f), strength = philox_next_uniform(random);
    const struct colour grey = {{value, value, value}};
    return mix(&grey, &colour, strength);
}

/* A colour that can be told from the ground: tries a few, then takes black or white. */
static struct colour draw_ink_colour(const struct colour *ground, struct philox *random) {
    for (int attempt = 0; attempt < 8; attempt++) {
        const struct colour colour = draw_colour(random);
        if (fabsf(luminance(&colour) - luminance(ground)) >= 70.0f)
            return colour;
    }
    const float value = luminance(ground) < 128.0f ? 255.0f : 0.0f;
    return (struct colour){{value, value, value}};
}

/* A ground of a few random pixels near one colour, resized: flat, a gradient, or blotches. */
static enum status draw_ground(struct data_image *out, uint32_t width, uint32_t height,
                               const struct colour *base, struct philox *random) {
    static const uint32_t sizes[3][2] = {{1, 1}, {2, 2}, {8, 3}};
    const uint32_t kind = philox_next_below(random, 3);
    TRY(data_image_new(out, sizes[kind][0], sizes[kind][1]));
    const size_t pixels = (size_t)out->width * out->height;
    for (size_t i = 0; i < pixels * 3; i++) {
        const float away = pixels == 1 ? 0.0f : philox_next_between(random, -30.0f, 30.0f);
        out->pixels[i] = byte_of(base->channel[i % 3] + away);
    }
    const enum status code = data_image_resize(out, height, width);
    if (code != STATUS_OK)
        data_image_free(out);
    return code;
}

/* Where ink is laid, and how: the shadow of a text is the text again, elsewhere and half as thick. */
struct layer {
    int64_t left, top;
    struct colour colour;
    float strength;
};

static void lay_ink(struct data_image *image, const struct render_ink *ink, const struct layer *layer) {
    for (uint32_t y = 0; y < ink->height; y++)
        for (uint32_t x = 0; x < ink->width; x++) {
            const int64_t column = layer->left + x, row = layer->top + y;
            if (column < 0 || row < 0 || column >= image->width || row >= image->height)
                continue;
            uint8_t *const pixel = &image->pixels[((size_t)row * image->width + (size_t)column) * 3];
            const float share = layer->strength * ink->coverage[(size_t)y * ink->width + x] / 255.0f;
            const struct colour under = {{pixel[0], pixel[1], pixel[2]}};
            const struct colour mixed = mix(&under, &layer->colour, share);
            for (int i = 0; i < 3; i++)
                pixel[i] = byte_of(mixed.channel[i]);
        }
}

/* Space around the text, as a share of its height. */
static uint32_t draw_margin(const struct render_ink *ink, struct philox *random) {
    return 1 + (uint32_t)((float)ink->height * philox_next_between(random, 0.02f, 0.3f));
}

static enum status lay_text(const struct render_ink *ink, struct philox *random, struct data_image *out) {
    const uint32_t left = draw_margin(ink, random), right = draw_margin(ink, random);
    const uint32_t top = draw_margin(ink, random), bottom = draw_margin(ink, random);
    const struct colour ground = draw_colour(random), colour = draw_ink_colour(&ground, random);
    TRY(draw_ground(out, left + ink->width + right, top + ink->height + bottom, &ground, random));
    if (philox_next_uniform(random) < 0.25f) {
        const int64_t x = left - 1 + (int64_t)philox_next_below(random, 4);
        const int64_t y = top - 1 + (int64_t)philox_next_below(random, 4);
        const struct layer shadow = {x, y, draw_colour(random), 0.5f};
        lay_ink(out, ink, &shadow);
    }
    lay_ink(out, ink, &(struct layer){left, top, colour, 1.0f});
    return STATUS_OK;
}

/* What happens to a picture on its way, each with a probability; all keep the text inside. */
static const struct {
    struct augmentation augmentation;
    float probability;
} wear[] = {
    {{"distort", augment_distort, {{0.0f, 0.35f}}}, 0.4f},
    {{"turn", augment_turn, {{-9.0f, 9.0f}}}, 0.4f},
    {{"blur", augment_blur, {{0.4f, 1.3f}}}, 0.4f},
    {{"motion blur", augment_motion_blur, {{1.0f, 6.0f}}}, 0.15f},
    {{"noise", augment_noise, {{2.0f, 250.0f}}}, 0.5f},
};

enum status render_picture(const struct render_ink *ink, struct philox *random, struct data_image *out) {
    TRY(lay_text(ink, random, out));
    for (size_t i = 0; i < sizeof wear / sizeof wear[0]; i++) {
        const struct augmentation *const augmentation = &wear[i].augmentation;
        if (philox_next_uniform(random) >= wear[i].probability)
            continue;
        const enum status code = augmentation->apply(out, augmentation->range, random);
        if (code != STATUS_OK) {
            data_image_free(out);
            return code;
        }
    }
    return STATUS_OK;
}
