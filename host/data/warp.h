/* warp.h: pictures drawn through a map of the plane. Inside the data room only.
 *
 * Coordinates are continuous: pixel (i, j) covers the square from (i, j) to (i + 1, j + 1). A map takes a
 * place of the output to the place of the input that shows there; colours between pixels are bilinear.
 */
#ifndef MNSP_DATA_WARP_H
#define MNSP_DATA_WARP_H

#include "data/image.h"

struct warp_point {
    double x, y;
};

/* What lies outside the picture. */
enum warp_edge { WARP_BLACK, WARP_REPLICATE };

/* (a x + b y + c, d x + e y + f) / (g x + h y + i), entries in this order. */
struct warp_map {
    double m[9];
};

/* The projective map that takes the rectangle (0, 0) .. (width, height) to a quadrilateral whose corners are
 * given in the order top left, top right, bottom right, bottom left. */
struct warp_map warp_rectangle_to(const struct warp_point corner[4], double width, double height);

/* The inverse, up to a factor. */
struct warp_map warp_inverse(const struct warp_map *map);

struct warp_point warp_apply(const struct warp_map *map, struct warp_point point);

/* The colour at a place, as floats 0 .. 255. */
void warp_sample(float colour[3], const struct data_image *image, struct warp_point point,
                 enum warp_edge edge);

/* Replaces the picture by one of the given size drawn through the map. */
MNSP_NODISCARD enum status warp_draw(struct data_image *image, uint32_t width, uint32_t height,
                                     const struct warp_map *map, enum warp_edge edge);

/* Places of a regular grid over the picture: point (row, column) stands for the output place
 * (column / (columns - 1) * width, row / (rows - 1) * height). */
struct warp_grid {
    int rows, columns;
    const struct warp_point *point; /* (rows, columns), input places */
};

/* Replaces the picture by one drawn through the grid: each cell is cut into two triangles, and the map is
 * linear in each. Edges are replicated. */
MNSP_NODISCARD enum status warp_draw_grid(struct data_image *image, const struct warp_grid *grid);

#endif
