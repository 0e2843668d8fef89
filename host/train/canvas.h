/* canvas.h: drawing into pictures, and writing them as PNG.
 *
 *     struct data_image page;
 *     TRY(canvas_new(&page, 640, 480));
 *     canvas_fill(&page, (struct canvas_box){10, 10, 100, 20}, canvas_grey(200));
 *     canvas_line(&page, (struct canvas_point){0, 0}, (struct canvas_point){639, 479}, 2, canvas_grey(0));
 *     status = canvas_save(&page, "page.png");
 *     data_image_free(&page);
 *
 * Coordinates are pixels from the upper left corner. What lies outside of the picture is not drawn. Words:
 * lettering.h.
 */
#ifndef MNSP_TRAIN_CANVAS_H
#define MNSP_TRAIN_CANVAS_H

#include "data/image.h"

struct canvas_colour {
    uint8_t red, green, blue;
};

static inline struct canvas_colour canvas_grey(uint8_t value) {
    return (struct canvas_colour){value, value, value};
}

struct canvas_box {
    int x, y, width, height;
};

struct canvas_point {
    double x, y;
};

/* A white picture. Errors: as data_image_new(). */
MNSP_NODISCARD enum status canvas_new(struct data_image *out, uint32_t width, uint32_t height);

void canvas_fill(struct data_image *page, struct canvas_box box, struct canvas_colour colour);

/* Mixes a pixel with a colour; coverage is from 0 (as it was) to 1 (the colour). */
void canvas_blend(struct data_image *page, int x, int y, struct canvas_colour colour, double coverage);

/* A straight line with round ends and soft edges. */
void canvas_line(struct data_image *page, struct canvas_point from, struct canvas_point to, double thickness,
                 struct canvas_colour colour);

/* Puts a picture into the page, each of its pixels as a square of `scale`. */
void canvas_paste(struct data_image *page, int x, int y, const struct data_image *picture, int scale);

/* Replaces a file by the page as PNG. Errors: STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status canvas_save(const struct data_image *page, const char *path);

#endif
