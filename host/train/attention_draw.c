/* attention_draw.c: the page of where a recogniser looks. */
#include "data/text.h"
#include "train/attention.h"
#include "train/picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN = 16, GAP = 8, TITLE = 18, LETTERS = 14, CELL_WIDTH = 256, COLUMNS = 6 };

/* Cells of the pages are all alike: an image, and a line below it. */
struct layout {
    int scale, cell_width, cell_height;
    uint32_t height, width; /* of an image */
};

static struct layout lay_out(const struct settings *settings) {
    struct layout layout = {.height = (uint32_t)settings->image_height,
                            .width = (uint32_t)settings->image_width};
    layout.scale = layout.width < CELL_WIDTH ? CELL_WIDTH / (int)layout.width : 1;
    layout.cell_width = (int)layout.width * layout.scale + GAP;
    layout.cell_height = (int)layout.height * layout.scale + LETTERS + 2 * GAP;
    return layout;
}

/* The first two cells are the image and the class token's. */
static int rows_of(const struct attention_word *word) {
    return (int)(2 + word->maps.characters + COLUMNS - 1) / COLUMNS;
}

/* Darkens the picture where little is taken from, and tints it where most is. */
static void light(struct data_image *picture, const struct attention_maps *maps, const float *map) {
    static const double tint[3] = {255, 170, 40};
    float most = 0;
    for (size_t i = 0; i < maps->patches; i++)
        most = fmaxf(most, map[i]);
    for (size_t y = 0; y < picture->height; y++)
        for (size_t x = 0; x < picture->width; x++) {
            const size_t patch =
                y * maps->rows / picture->height * maps->columns + x * maps->columns / picture->width;
            const double part = most > 0 ? (double)(map[patch] / most) : 0;
            uint8_t *const pixel = picture->pixels + (y * picture->width + x) * 3;
            const double grey = (0.3 * pixel[0] + 0.59 * pixel[1] + 0.11 * pixel[2]) * (0.3 + 0.4 * part);
            for (int c = 0; c < 3; c++)
                pixel[c] = (uint8_t)(grey + 0.55 * part * (tint[c] - grey));
        }
}

/* Cell `number` of a word whose cells begin at height `top`; map NULL for the image alone. */
static enum status draw_cell(struct data_image *page, const struct layout *layout,
                             struct lettering *lettering, const struct attention_word *word, int top,
                             int number, const float *map, const char *below) {
    struct data_image picture;
    const int x = MARGIN + number % COLUMNS * layout->cell_width,
              y = top + number / COLUMNS * layout->cell_height;
    TRY(picture_of_planes(&picture, word->image, layout->height, layout->width));
    if (map != NULL)
        light(&picture, &word->maps, map);
    canvas_paste(page, x, y, &picture, layout->scale);
    data_image_free(&picture);
    const int width = lettering_width(lettering, LETTERS, below);
    lettering_draw(lettering, page, x + (layout->cell_width - GAP - width) / 2,
                   y + (int)layout->height * layout->scale + 2, LETTERS, below, canvas_grey(40));
    return STATUS_OK;
}

static enum status draw_word(struct data_image *page, const struct layout *layout,
                             struct lettering *lettering, const struct attention_word *word, int top) {
    const struct attention_maps *const maps = &word->maps;
    const char *at = word->text, *const end = at + strlen(at);
    TRY(draw_cell(page, layout, lettering, word, top, 0, NULL, word->text[0] ? word->text : "(nothing)"));
    TRY(draw_cell(page, layout, lettering, word, top, 1, maps->class_token, "class token"));
    for (size_t t = 0; t < maps->characters && at < end; t++) {
        char below[8];
        const char *const begin = at;
        uint32_t character;
        if (!data_utf8_next(&at, end, &character))
            at = begin + 1;
        snprintf(below, sizeof below, "%.*s", (int)(at - begin), begin);
        TRY(draw_cell(page, layout, lettering, word, top, 2 + (int)t, maps->character + t * maps->patches,
                      below));
    }
    return STATUS_OK;
}

enum status attention_draw(const struct attention_word *words, size_t count, const struct settings *settings,
                           struct lettering *lettering, struct data_image *page) {
    const struct layout layout = lay_out(settings);
    int top = MARGIN + TITLE + 3 * GAP, rows = 0;
    for (size_t i = 0; i < count; i++)
        rows += rows_of(&words[i]);
    TRY(canvas_new(page, (uint32_t)(2 * MARGIN + COLUMNS * layout.cell_width - GAP),
                   (uint32_t)(top + rows * layout.cell_height + MARGIN)));
    lettering_draw(lettering, page, MARGIN, MARGIN - 4, TITLE,
                   "where the encoder's class token looks, and the decoder for each character",
                   canvas_grey(20));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = draw_word(page, &layout, lettering, &words[i], top);
        top += rows_of(&words[i]) * layout.cell_height;
    }
    if (status != STATUS_OK)
        data_image_free(page);
    return status;
}
