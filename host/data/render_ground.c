/* render_ground.c: what texts stand on. */
#include "data/byte.h"
#include "data/render.h"

#include <math.h>

/* Grey noise of about one lattice point per `period` pixels, smooth between: value 128 is none. */
static enum status draw_noise(struct data_image *out, uint32_t width, uint32_t height, float period,
                              struct render_chance *chance) {
    TRY(data_image_new(out, 2 + (uint32_t)((float)width / period), 2 + (uint32_t)((float)height / period)));
    for (size_t i = 0; i < (size_t)out->width * out->height; i++) {
        const uint8_t value = (uint8_t)(philox_next(&chance->random) >> 24);
        for (size_t channel = 0; channel < 3; channel++)
            out->pixels[3 * i + channel] = value;
    }
    const enum status code = data_image_resize(out, height, width);
    if (code != STATUS_OK)
        data_image_free(out);
    return code;
}

static enum status add_noise(struct data_image *image, float period, float strength,
                             struct render_chance *chance) {
    struct data_image noise;
    TRY(draw_noise(&noise, image->width, image->height, period, chance));
    for (size_t i = 0; i < (size_t)image->width * image->height * 3; i++)
        image->pixels[i] = byte_of(image->pixels[i] + strength * (float)(noise.pixels[i] - 128));
    data_image_free(&noise);
    return STATUS_OK;
}

/* Adds a function of the place along a random direction: a ramp, or stripes of a period in pixels. */
static void add_along(struct data_image *image, float strength, float period, struct render_chance *chance) {
    const float angle = philox_next_between(&chance->random, 0.0f, 6.2831853f);
    const float across = cosf(angle), down = sinf(angle);
    const float length = fabsf(across) * (float)image->width + fabsf(down) * (float)image->height;
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            const float way = across * ((float)x - 0.5f * (float)image->width) +
                              down * ((float)y - 0.5f * (float)image->height);
            const float part = period > 0 ? way / period - floorf(way / period) : 0.0f;
            const float added =
                period > 0 ? (part < 0.5f ? strength : -strength) : 2 * strength * way / length;
            uint8_t *const pixel = &image->pixels[((size_t)y * image->width + x) * 3];
            for (int channel = 0; channel < 3; channel++)
                pixel[channel] = byte_of(pixel[channel] + added);
        }
}

/* The sign ends here: beyond a straight line near an edge there is another colour. */
static void add_border(struct data_image *image, struct render_chance *chance) {
    const uint32_t side = philox_next_below(&chance->random, 4); /* left, right, top, bottom */
    const float depth = philox_next_between(&chance->random, 0.03f, 0.12f) * (float)image->height;
    const float slope = philox_next_between(&chance->random, -0.06f, 0.06f);
    float colour[3];
    const float value = philox_next_between(&chance->random, 0.0f, 255.0f);
    for (int channel = 0; channel < 3; channel++)
        colour[channel] = value + philox_next_between(&chance->random, -40.0f, 40.0f);
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++) {
            const float from = (float)(side == 0   ? x
                                       : side == 1 ? image->width - 1 - x
                                       : side == 2 ? y
                                                   : image->height - 1 - y);
            const float along =
                (float)(side < 2 ? y : x) - 0.5f * (float)(side < 2 ? image->height : image->width);
            if (from + slope * along >= depth)
                continue;
            for (size_t channel = 0; channel < 3; channel++)
                image->pixels[((size_t)y * image->width + x) * 3 + channel] = byte_of(colour[channel]);
        }
}

enum status render_ground(struct data_image *image, const float colour[3], struct render_chance *chance) {
    for (size_t i = 0; i < (size_t)image->width * image->height * 3; i++)
        image->pixels[i] = byte_of(colour[i % 3]);
    const float kind = render_happens(chance, 0.65f) ? 0.65f * philox_next_uniform(&chance->random) : 1.0f,
                height = (float)image->height;
    if (kind < 0.25f)
        add_along(image, philox_next_between(&chance->random, 5.0f, 40.0f), 0.0f, chance);
    else if (kind < 0.45f)
        TRY(add_noise(image, height, philox_next_between(&chance->random, 0.1f, 0.4f), chance));
    else if (kind < 0.6f) {
        const float strength = philox_next_between(&chance->random, 0.05f, 0.3f);
        TRY(add_noise(image, 0.4f * height, strength, chance));
        TRY(add_noise(image, 3.0f, 0.6f * strength, chance));
    } else if (kind < 0.65f)
        add_along(image, philox_next_between(&chance->random, 4.0f, 25.0f),
                  height * philox_next_between(&chance->random, 0.1f, 0.6f), chance);
    if (render_happens(chance, 0.2f))
        add_border(image, chance);
    return STATUS_OK;
}
