/* render_pose.c: where the camera stands. */
#include "data/augment.h"
#include "data/render.h"
#include "data/warp.h"

#include <math.h>
#include <stdbool.h>

/* The corners of the ink as they are seen, around the origin. */
static void draw_corners(const struct render_ink *ink, struct render_chance *chance,
                         struct warp_point corner[4]) {
    static const struct augment_range inwards = {0.0f, 0.3f}, slight = {-9.0f, 9.0f},
                                      strong = {-40.0f, 40.0f};
    const float squeeze =
        render_happens(chance, 0.25f) ? philox_next_between(&chance->random, 0.5f, 1.0f) : 1.0f;
    const bool distorted = render_happens(chance, 0.5f);
    const float degrees = render_happens(chance, 0.1f)   ? augment_draw_middle(&strong, &chance->random)
                          : render_happens(chance, 0.8f) ? augment_draw_middle(&slight, &chance->random)
                                                         : 0.0f;
    const double angle = (double)degrees * (3.14159265358979323846 / 180.0);
    const double sine = sin(angle), cosine = cos(angle);
    for (int i = 0; i < 4; i++) {
        const double across = distorted ? augment_draw_low(&inwards, &chance->random) : 0.0f;
        const double down = distorted ? augment_draw_low(&inwards, &chance->random) : 0.0f;
        const double x = squeeze * ink->width * (0.5 - across) * (i == 0 || i == 3 ? -1 : 1);
        const double y = ink->height * (0.5 - down) * (i < 2 ? -1 : 1);
        corner[i] = (struct warp_point){cosine * x - sine * y, sine * x + cosine * y};
    }
}

/* Bilinear; no ink lies outside. */
static float sample(const struct render_ink *ink, struct warp_point place) {
    const double x = place.x - 0.5, y = place.y - 0.5;
    if (!(x > -1 && y > -1 && x < ink->width && y < ink->height))
        return 0.0f;
    const int64_t left = (int64_t)(x + 1) - 1, top = (int64_t)(y + 1) - 1;
    const float right_share = (float)(x - (double)left), bottom_share = (float)(y - (double)top);
    float value[2][2];
    for (int64_t row = 0; row < 2; row++)
        for (int64_t column = 0; column < 2; column++) {
            const int64_t px = left + column, py = top + row;
            const bool inside = px >= 0 && py >= 0 && px < ink->width && py < ink->height;
            value[row][column] = inside ? ink->coverage[py * ink->width + px] : 0.0f;
        }
    const float upper = value[0][0] + right_share * (value[0][1] - value[0][0]);
    const float lower = value[1][0] + right_share * (value[1][1] - value[1][0]);
    return upper + bottom_share * (lower - upper);
}

enum status render_pose(struct render_ink *ink, struct render_chance *chance) {
    struct warp_point corner[4], low = {0, 0}, high = {0, 0};
    draw_corners(ink, chance, corner);
    for (int i = 0; i < 4; i++) {
        low = (struct warp_point){fmin(low.x, corner[i].x), fmin(low.y, corner[i].y)};
        high = (struct warp_point){fmax(high.x, corner[i].x), fmax(high.y, corner[i].y)};
    }
    for (int i = 0; i < 4; i++)
        corner[i] = (struct warp_point){corner[i].x - low.x, corner[i].y - low.y};
    const struct warp_map forward = warp_rectangle_to(corner, ink->width, ink->height);
    const struct warp_map map = warp_inverse(&forward);
    struct render_ink out;
    TRY(render_ink_new(&out, (int64_t)ceil(high.x - low.x), (int64_t)ceil(high.y - low.y)));
    for (uint32_t y = 0; y < out.height; y++)
        for (uint32_t x = 0; x < out.width; x++) {
            const struct warp_point place = warp_apply(&map, (struct warp_point){x + 0.5, y + 0.5});
            out.coverage[(size_t)y * out.width + x] = (uint8_t)(sample(ink, place) + 0.5f);
        }
    render_ink_free(ink);
    *ink = out;
    return STATUS_OK;
}
