#include "data/warp.h"

#include "data/byte.h"

struct warp_map warp_rectangle_to(const struct warp_point corner[4], double width, double height) {
    /* Source: Heckbert, "Fundamentals of texture mapping and image warping", 1989, section 2.2.3. */
    const struct warp_point p0 = corner[0], p1 = corner[1], p2 = corner[2], p3 = corner[3];
    const double dx1 = p1.x - p2.x, dx2 = p3.x - p2.x, dx3 = p0.x - p1.x + p2.x - p3.x;
    const double dy1 = p1.y - p2.y, dy2 = p3.y - p2.y, dy3 = p0.y - p1.y + p2.y - p3.y;
    const double determinant = dx1 * dy2 - dx2 * dy1;
    const double g = (dx3 * dy2 - dx2 * dy3) / determinant, h = (dx1 * dy3 - dx3 * dy1) / determinant;
    return (struct warp_map){{
        (p1.x - p0.x + g * p1.x) / width, (p3.x - p0.x + h * p3.x) / height, p0.x, //
        (p1.y - p0.y + g * p1.y) / width, (p3.y - p0.y + h * p3.y) / height, p0.y, //
        g / width, h / height, 1.0,                                                //
    }};
}

struct warp_map warp_inverse(const struct warp_map *map) {
    const double *const m = map->m;
    return (struct warp_map){{
        m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4], //
        m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5], //
        m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3], //
    }};
}

struct warp_point warp_apply(const struct warp_map *map, struct warp_point point) {
    const double *const m = map->m;
    const double scale = 1.0 / (m[6] * point.x + m[7] * point.y + m[8]);
    return (struct warp_point){(m[0] * point.x + m[1] * point.y + m[2]) * scale,
                               (m[3] * point.x + m[4] * point.y + m[5]) * scale};
}

/* Far places all look alike; a finite bound also takes care of maps that divide by zero. */
static float bounded(double place, uint32_t side) {
    return (float)(place > -2.0 ? place < side + 2.0 ? place : side + 2.0 : -2.0);
}

/* The pixel at (x, y), or what stands for it outside. */
static const uint8_t *pixel_at(const struct data_image *image, int x, int y, enum warp_edge edge) {
    static const uint8_t black[3] = {0};
    const int right = (int)image->width - 1, bottom = (int)image->height - 1;
    if (x < 0 || y < 0 || x > right || y > bottom) {
        if (edge == WARP_BLACK)
            return black;
        x = x < 0 ? 0 : x > right ? right : x;
        y = y < 0 ? 0 : y > bottom ? bottom : y;
    }
    return &image->pixels[((size_t)y * image->width + (size_t)x) * 3];
}

void warp_sample(float colour[3], const struct data_image *image, struct warp_point point,
                 enum warp_edge edge) {
    const float x = bounded(point.x, image->width) - 0.5f, y = bounded(point.y, image->height) - 0.5f;
    const int left = (int)(x + 3.0f) - 3, top = (int)(y + 3.0f) - 3; /* floor() of what is above -3 */
    const float right_share = x - (float)left, bottom_share = y - (float)top;
    const uint8_t *const p00 = pixel_at(image, left, top, edge);
    const uint8_t *const p01 = pixel_at(image, left + 1, top, edge);
    const uint8_t *const p10 = pixel_at(image, left, top + 1, edge);
    const uint8_t *const p11 = pixel_at(image, left + 1, top + 1, edge);
    for (int channel = 0; channel < 3; channel++) {
        const float upper = p00[channel] + right_share * (float)(p01[channel] - p00[channel]);
        const float lower = p10[channel] + right_share * (float)(p11[channel] - p10[channel]);
        colour[channel] = upper + bottom_share * (lower - upper);
    }
}

static void put_pixel(struct data_image *image, uint32_t x, uint32_t y, const float colour[3]) {
    uint8_t *const pixel = &image->pixels[((size_t)y * image->width + x) * 3];
    for (int channel = 0; channel < 3; channel++)
        pixel[channel] = byte_of(colour[channel]);
}

enum status warp_draw(struct data_image *image, uint32_t width, uint32_t height, const struct warp_map *map,
                      enum warp_edge edge) {
    struct data_image out;
    TRY(data_image_new(&out, width, height));
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            float colour[3];
            const struct warp_point place = warp_apply(map, (struct warp_point){x + 0.5, y + 0.5});
            warp_sample(colour, image, place, edge);
            put_pixel(&out, x, y, colour);
        }
    data_image_replace(image, &out);
    return STATUS_OK;
}

/* The cell that a place in 0 .. cells lies in, and how far in it. */
static int split(double place, int cells, double *rest) {
    int cell = (int)place;
    if (cell > cells - 1)
        cell = cells - 1;
    *rest = place - cell;
    return cell;
}

static struct warp_point grid_apply(const struct warp_grid *grid, double across, double down) {
    double u, v;
    const int column = split(across * (grid->columns - 1), grid->columns - 1, &u);
    const int row = split(down * (grid->rows - 1), grid->rows - 1, &v);
    const struct warp_point *const top = &grid->point[row * grid->columns + column];
    const struct warp_point *const bottom = top + grid->columns;
    /* The diagonal runs from the top left to the bottom right; the corner off it decides the triangle. */
    const struct warp_point a = top[0], c = bottom[1], b = u > v ? top[1] : bottom[0];
    const double first = u > v ? u - v : v - u, both = u > v ? v : u;
    return (struct warp_point){a.x + first * (b.x - a.x) + both * (c.x - a.x),
                               a.y + first * (b.y - a.y) + both * (c.y - a.y)};
}

enum status warp_draw_grid(struct data_image *image, const struct warp_grid *grid) {
    struct data_image out;
    TRY(data_image_new(&out, image->width, image->height));
    for (uint32_t y = 0; y < out.height; y++)
        for (uint32_t x = 0; x < out.width; x++) {
            float colour[3];
            warp_sample(colour, image, grid_apply(grid, (x + 0.5) / out.width, (y + 0.5) / out.height),
                        WARP_REPLICATE);
            put_pixel(&out, x, y, colour);
        }
    data_image_replace(image, &out);
    return STATUS_OK;
}
