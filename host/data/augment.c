/* augment.c: the strengths of all augmentations, and the distributions they draw from. */
#include "data/augment.h"

#include <math.h>

const struct augmentation augment_guidance[AUGMENT_GUIDANCE_COUNT] = {
    {"contrast", augment_contrast, {{0.5f, 1.0f}}},
    {"blur", augment_blur, {{0.5f, 1.5f}}},
    {"crop rows", augment_crop_rows, {{0.0f, 0.1f}}},
    {"crop columns", augment_crop_columns, {{0.0f, 0.02f}}},
    {"sharpen", augment_sharpen, {{0.0f, 0.5f}, {0.0f, 0.5f}}},
    {"rotate", augment_rotate, {{-15.0f, 15.0f}}},
    {"piecewise affine", augment_piecewise, {{0.03f, 0.05f}}},
    {"perspective", augment_perspective, {{0.02f, 0.06f}}},
    {"solarize", augment_solarize, {{32.0f, 128.0f}}},
    {"grey", augment_grey, {{0.0f, 1.0f}}},
};

const struct augmentation augment_geometry[AUGMENT_GEOMETRY_COUNT] = {
    {"turn", augment_turn, {{-45.0f, 45.0f}}},
    {"affine", augment_affine, {{-45.0f, 45.0f}, {0.5f, 2.0f}, {-45.0f, 45.0f}, {-15.0f, 15.0f}}},
    {"distort", augment_distort, {{0.0f, 0.5f}}},
};

const struct augmentation augment_deterioration[AUGMENT_DETERIORATION_COUNT] = {
    {"noise", augment_noise, {{1.0f, 20.0f}}},
    {"motion blur", augment_motion_blur, {{1.0f, 6.0f}}},
    {"rescale", augment_rescale, {{0.0f, 4.0f}}},
};

const struct augment_jitter augment_guidance_jitter = {
    {0.6f, 1.4f}, {0.6f, 1.4f}, {0.8f, 1.2f}, {-0.1f, 0.1f}};
const struct augment_jitter augment_recognition_jitter = {
    {0.5f, 1.5f}, {0.5f, 1.5f}, {0.5f, 1.5f}, {-0.1f, 0.1f}};

float augment_draw(const struct augment_range *range, struct philox *random) {
    return philox_next_between(random, range->low, range->high);
}

float augment_draw_middle(const struct augment_range *range, struct philox *random) {
    /* The fourth smallest of seven uniform numbers is distributed as Beta(4, 4). */
    float sorted[7] = {0};
    for (int i = 0; i < 7; i++) {
        const float value = philox_next_uniform(random);
        int place = i;
        for (; place > 0 && sorted[place - 1] > value; place--)
            sorted[place] = sorted[place - 1];
        sorted[place] = value;
    }
    return range->low + (range->high - range->low) * sorted[3];
}

float augment_draw_low(const struct augment_range *range, struct philox *random) {
    /* The smallest of four uniform numbers is distributed as Beta(1, 4). */
    float smallest = 1.0f;
    for (int i = 0; i < 4; i++)
        smallest = fminf(smallest, philox_next_uniform(random));
    return range->low + (range->high - range->low) * smallest;
}
