/* augment_place.c: augmentations that move things. */
#include "data/augment.h"
#include "data/warp.h"

#include <math.h>
#include <string.h>

static double radians(double degrees) {
    return degrees * (3.14159265358979323846 / 180.0);
}

/* ---- cropping ---- */

/* Keeps a window of the picture and resizes it back. */
static enum status keep_window(struct data_image *image, uint32_t left, uint32_t top, uint32_t width,
                               uint32_t height) {
    struct data_image out;
    const uint32_t old_width = image->width, old_height = image->height;
    if (width == old_width && height == old_height)
        return STATUS_OK;
    TRY(data_image_new(&out, width, height));
    for (uint32_t y = 0; y < height; y++)
        memcpy(&out.pixels[(size_t)y * width * 3],
               &image->pixels[((size_t)(top + y) * image->width + left) * 3], (size_t)width * 3);
    data_image_replace(image, &out);
    return data_image_resize(image, old_height, old_width);
}

/* Draws how much of a side to cut at either end; at least one pixel stays. */
static void draw_cuts(uint32_t side, const struct augment_range *range, struct philox *random,
                      uint32_t *start, uint32_t *kept) {
    *start = (uint32_t)lrintf(augment_draw(range, random) * (float)side);
    const uint32_t end = (uint32_t)lrintf(augment_draw(range, random) * (float)side);
    if (*start > side - 1)
        *start = side - 1;
    *kept = side - *start > end ? side - *start - end : 1;
}

enum status augment_crop_rows(struct data_image *image, const struct augment_range *range,
                              struct philox *random) {
    uint32_t top, kept;
    draw_cuts(image->height, &range[0], random, &top, &kept);
    return keep_window(image, 0, top, image->width, kept);
}

enum status augment_crop_columns(struct data_image *image, const struct augment_range *range,
                                 struct philox *random) {
    uint32_t left, kept;
    draw_cuts(image->width, &range[0], random, &left, &kept);
    return keep_window(image, left, 0, kept, image->height);
}

/* ---- linear maps ---- */

/* The whole pixels that hold a length; a rotation by nothing must not grow it by rounding. */
static uint32_t canvas_side(double length) {
    const double side = ceil(length - 1e-6);
    return side < 1.0 ? 1 : (uint32_t)side;
}

/* Draws the picture through the linear map (a b; c d) of places around its centre, on a canvas that holds
 * all of it. */
static enum status draw_linear(struct data_image *image, double a, double b, double c, double d,
                               enum warp_edge edge) {
    const double width = image->width, height = image->height;
    const double wide = fabs(a) * width + fabs(b) * height, high = fabs(c) * width + fabs(d) * height;
    const double shrink = fmin(1.0, AUGMENT_CANVAS_MAX / fmax(wide, high));
    const uint32_t out_width = canvas_side(wide * shrink), out_height = canvas_side(high * shrink);
    const double determinant = (a * d - b * c) * shrink;
    const double ia = d / determinant, ib = -b / determinant, ic = -c / determinant, id = a / determinant;
    const double x = out_width / 2.0, y = out_height / 2.0;
    const struct warp_map map = {{
        ia, ib, width / 2.0 - ia * x - ib * y,  //
        ic, id, height / 2.0 - ic * x - id * y, //
        0.0, 0.0, 1.0,                          //
    }};
    return warp_draw(image, out_width, out_height, &map, edge);
}

static enum status draw_rotated(struct data_image *image, double degrees, enum warp_edge edge) {
    const double sine = sin(radians(degrees)), cosine = cos(radians(degrees));
    return draw_linear(image, cosine, -sine, sine, cosine, edge);
}

enum status augment_rotate(struct data_image *image, const struct augment_range *range,
                           struct philox *random) {
    return draw_rotated(image, augment_draw(&range[0], random), WARP_BLACK);
}

enum status augment_turn(struct data_image *image, const struct augment_range *range, struct philox *random) {
    return draw_rotated(image, augment_draw_middle(&range[0], random), WARP_REPLICATE);
}

enum status augment_affine(struct data_image *image, const struct augment_range *range,
                           struct philox *random) {
    const double angle = radians(augment_draw_middle(&range[0], random));
    const double scale = augment_draw(&range[1], random);
    const double across = tan(radians(augment_draw_middle(&range[2], random)));
    const double upwards = tan(radians(augment_draw_middle(&range[3], random)));
    const double sine = scale * sin(angle), cosine = scale * cos(angle);
    /* Shear (1 across; upwards 1) first, then rotation and scale. */
    return draw_linear(image, cosine - sine * upwards, cosine * across - sine, sine + cosine * upwards,
                       sine * across + cosine, WARP_REPLICATE);
}

/* ---- corners and grids ---- */

enum status augment_perspective(struct data_image *image, const struct augment_range *range,
                                struct philox *random) {
    static const double inwards[4][2] = {{1, 1}, {-1, 1}, {-1, -1}, {1, -1}};
    const float deviation = augment_draw(&range[0], random);
    struct warp_point corner[4];
    for (int i = 0; i < 4; i++) {
        /* Corners that met would leave no picture. */
        const double across = fminf(fabsf(deviation * philox_next_normal(random)), 0.45f);
        const double down = fminf(fabsf(deviation * philox_next_normal(random)), 0.45f);
        corner[i].x = image->width * ((inwards[i][0] < 0) + inwards[i][0] * across);
        corner[i].y = image->height * ((inwards[i][1] < 0) + inwards[i][1] * down);
    }
    const struct warp_map map = warp_rectangle_to(corner, image->width, image->height);
    return warp_draw(image, image->width, image->height, &map, WARP_BLACK);
}

enum status augment_distort(struct data_image *image, const struct augment_range *range,
                            struct philox *random) {
    const double width = image->width, height = image->height;
    struct warp_point corner[4], low = {width, height}, high = {0, 0};
    for (int i = 0; i < 4; i++) {
        const double across = 0.5 * width * augment_draw_low(&range[0], random);
        const double down = 0.5 * height * augment_draw_low(&range[0], random);
        corner[i].x = i == 0 || i == 3 ? across : width - across;
        corner[i].y = i < 2 ? down : height - down;
        low = (struct warp_point){fmin(low.x, corner[i].x), fmin(low.y, corner[i].y)};
        high = (struct warp_point){fmax(high.x, corner[i].x), fmax(high.y, corner[i].y)};
    }
    for (int i = 0; i < 4; i++)
        corner[i] = (struct warp_point){corner[i].x - low.x, corner[i].y - low.y};
    const struct warp_map forward = warp_rectangle_to(corner, width, height), map = warp_inverse(&forward);
    return warp_draw(image, canvas_side(high.x - low.x), canvas_side(high.y - low.y), &map, WARP_REPLICATE);
}

enum status augment_piecewise(struct data_image *image, const struct augment_range *range,
                              struct philox *random) {
    enum { SIDE = 4 };
    const float deviation = augment_draw(&range[0], random);
    const double width = image->width, height = image->height;
    struct warp_point point[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) {
        const double x = (double)(i % SIDE) / (SIDE - 1) + (double)(deviation * philox_next_normal(random));
        const double y = (double)(i / SIDE) / (SIDE - 1) + (double)(deviation * philox_next_normal(random));
        point[i] = (struct warp_point){width * fmin(fmax(x, 0.0), 1.0), height * fmin(fmax(y, 0.0), 1.0)};
    }
    return warp_draw_grid(image, &(struct warp_grid){SIDE, SIDE, point});
}
