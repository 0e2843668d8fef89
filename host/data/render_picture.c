/* render_picture.c: ink in a colour, with what belongs to it, on its ground. */
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

/* Most colours of the street are near grey, some are loud. */
static struct colour draw_colour(struct render_chance *chance) {
    const float value = philox_next_between(&chance->random, 5.0f, 250.0f),
                kind = philox_next_uniform(&chance->random);
    const float strength = kind < 0.5f   ? philox_next_between(&chance->random, 0.0f, 0.12f)
                           : kind < 0.8f ? philox_next_between(&chance->random, 0.1f, 0.45f)
                                         : philox_next_between(&chance->random, 0.4f, 1.0f);
    struct colour colour;
    for (int i = 0; i < 3; i++)
        colour.channel[i] = value + strength * (philox_next_between(&chance->random, 0.0f, 255.0f) - value);
    return colour;
}

/* A colour that can be told from the ground, by as much as drawn: tries a few, then takes black or white. */
static struct colour draw_ink_colour(const struct colour *ground, struct render_chance *chance) {
    const float distance = philox_next_between(&chance->random, 45.0f, 150.0f);
    for (int attempt = 0; attempt < 8; attempt++) {
        const struct colour colour = draw_colour(chance);
        if (fabsf(luminance(&colour) - luminance(ground)) >= distance)
            return colour;
    }
    const float value = luminance(ground) < 128.0f ? philox_next_between(&chance->random, 200.0f, 255.0f)
                                                   : philox_next_between(&chance->random, 0.0f, 50.0f);
    return (struct colour){{value, value, value}};
}

/* Where ink is laid, and how. */
struct layer {
    int64_t left, top;
    struct colour colour;
    float strength;
};

static void lay_ink(struct data_image *image, const struct render_ink *ink, const struct layer *layer) {
    for (int64_t y = 0; y < ink->height; y++) {
        const int64_t row = layer->top + y;
        if (row < 0 || row >= image->height)
            continue;
        for (int64_t x = 0; x < ink->width; x++) {
            const int64_t column = layer->left + x;
            const uint8_t coverage = ink->coverage[y * ink->width + x];
            if (coverage == 0 || column < 0 || column >= image->width)
                continue;
            uint8_t *const pixel = &image->pixels[(row * image->width + column) * 3];
            const float share = layer->strength * coverage / 255.0f;
            for (int i = 0; i < 3; i++)
                pixel[i] = byte_of(pixel[i] + share * (layer->colour.channel[i] - pixel[i]));
        }
    }
}

/* A piece of another text beside, above or below: crops are seldom clean. */
static void lay_other(struct data_image *image, const struct render_ink *other, const struct colour *colour,
                      struct render_chance *chance) {
    const int64_t width = image->width, height = image->height, side = philox_next_below(&chance->random, 4);
    const int64_t seen = 1 + (int64_t)((float)height * philox_next_between(&chance->random, 0.02f, 0.16f));
    const int64_t level = (height - other->height) / 2;
    const int64_t shift =
        (int64_t)philox_next_below(&chance->random, image->width) - (int64_t)other->width / 2;
    const int64_t left = side == 0 ? seen - (int64_t)other->width : side == 1 ? width - seen : shift;
    const int64_t top = side == 2 ? seen - (int64_t)other->height : side == 3 ? height - seen : level;
    lay_ink(image, other, &(struct layer){left, top, *colour, 1.0f});
}

/* The text grown, in another colour below it: an outline, or with the text in the colour
 * of the ground, hollow. */
static enum status lay_outline(struct data_image *image, const struct render_ink *ink,
                               const struct layer *layer, struct render_chance *chance) {
    const int64_t radius = 1 + (ink->height >= 36 ? philox_next_below(&chance->random, 2) : 0);
    struct render_ink grown;
    TRY(render_ink_grow(ink, (uint32_t)radius, &grown));
    const struct layer outline = {layer->left - radius, layer->top - radius,
                                  draw_ink_colour(&layer->colour, chance), 1.0f};
    lay_ink(image, &grown, &outline);
    render_ink_free(&grown);
    return STATUS_OK;
}

/* The text again, elsewhere and fainter; several times for letters that stand out of the wall. */
static void lay_shadow(struct data_image *image, const struct render_ink *ink, const struct layer *layer,
                       struct render_chance *chance) {
    const int64_t reach = 1 + ink->height / 16, x = philox_next_below(&chance->random, 3) - 1,
                  y = philox_next_uniform(&chance->random) < 0.8f;
    const bool solid = philox_next_uniform(&chance->random) < 0.3f;
    const float strength = philox_next_between(&chance->random, 0.3f, 0.8f);
    const bool black = philox_next_uniform(&chance->random) < 0.8f;
    struct colour colour = {{0}};
    if (!black)
        colour = draw_colour(chance);
    for (int64_t step = solid ? 1 : reach; step <= reach; step++)
        lay_ink(image, ink, &(struct layer){layer->left + x * step, layer->top + y * step, colour, strength});
}

/* The text and all that belongs to it. */
static enum status lay_text(const struct render_ink *ink, const struct render_ink *other,
                            const struct layer *text, struct render_chance *chance, struct data_image *out) {
    struct layer layer = *text;
    if (render_happens(chance, 0.15f))
        layer.strength = 0.75f;
    if (other != NULL)
        lay_other(out, other, &layer.colour, chance);
    if (render_happens(chance, 0.25f))
        lay_shadow(out, ink, &layer, chance);
    if (render_happens(chance, 0.12f))
        TRY(lay_outline(out, ink, &layer, chance));
    lay_ink(out, ink, &layer);
    return STATUS_OK;
}

/* Space at one side, as a share of the text's height; sometimes a little of the text is cut off. */
static int64_t draw_margin(const struct render_ink *ink, struct render_chance *chance) {
    return (int64_t)floorf((float)ink->height *
                           philox_next_between(&chance->random, -0.03f * chance->wear, 0.22f));
}

enum status render_picture(const struct render_ink *ink, const struct render_ink *other,
                           const struct render_photos *photos, struct render_chance *chance,
                           struct data_image *out, struct data_image *where) {
    static const struct colour white = {{255, 255, 255}};
    const int64_t left = draw_margin(ink, chance), right = draw_margin(ink, chance);
    const int64_t top = draw_margin(ink, chance), bottom = draw_margin(ink, chance);
    const int64_t width = left + ink->width + right, height = top + ink->height + bottom;
    struct colour ground = draw_colour(chance);
    TRY(data_image_new(out, width < 4 ? 4 : (uint32_t)width, height < 4 ? 4 : (uint32_t)height));
    const bool photo = photos->count > 0 && render_happens(chance, 0.4f);
    enum status code = photo ? render_photo_ground(out, photos, chance, ground.channel)
                             : render_ground(out, ground.channel, chance);
    if (code == STATUS_OK)
        code = lay_text(ink, other, &(struct layer){left, top, draw_ink_colour(&ground, chance), 1.0f},
                        chance, out);
    if (code == STATUS_OK && where != NULL) {
        code = data_image_new(where, out->width, out->height);
        if (code == STATUS_OK)
            lay_ink(where, ink, &(struct layer){left, top, white, 1.0f});
    }
    if (code != STATUS_OK)
        data_image_free(out);
    return code;
}
