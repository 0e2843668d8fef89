/* attention_draw.c: the page of where a network looks. */
#include "data/text.h"
#include "train/attention.h"
#include "train/picture.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MARGIN = 16, GAP = 8, TITLE = 18, LETTERS = 14, CELL_WIDTH = 256, COLUMNS = 6 };

enum { TOP = MARGIN + TITLE + 3 * GAP };

/* Cells of the pages are all alike: an image, and a line below it. */
struct layout {
    int scale, cell_width, cell_height;
    uint32_t height, width; /* of an image */
    bool rows;              /* each word begins a row: there are characters */
};

static struct layout lay_out(const struct settings *settings, const struct attention_word *words,
                             size_t count) {
    struct layout layout = {.height = (uint32_t)settings->image_height,
                            .width = (uint32_t)settings->image_width};
    for (size_t i = 0; i < count; i++)
        layout.rows = layout.rows || words[i].maps.characters > 0;
    layout.scale = layout.width < CELL_WIDTH ? CELL_WIDTH / (int)layout.width : 1;
    layout.cell_width = (int)layout.width * layout.scale + GAP;
    layout.cell_height = (int)layout.height * layout.scale + LETTERS + 2 * GAP;
    return layout;
}

static int rows_of(int cells) {
    return (cells + COLUMNS - 1) / COLUMNS;
}

/* The cells that a word takes: image, class token, text, characters, and what is left of its last row. */
static int cells_of(const struct layout *layout, const struct attention_word *word) {
    const int cells = 2 + (word->ink != NULL) + (int)word->maps.characters;
    return layout->rows ? rows_of(cells) * COLUMNS : cells;
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

/* What is drawn on, with what. */
struct sheet {
    struct data_image *page;
    struct layout layout;
    struct lettering *lettering;
};

/* Draws a picture into cell `number`, and releases it. */
static void put(const struct sheet *sheet, int number, struct data_image *picture, const char *below) {
    const struct layout *const layout = &sheet->layout;
    const int x = MARGIN + number % COLUMNS * layout->cell_width,
              y = TOP + number / COLUMNS * layout->cell_height;
    canvas_paste(sheet->page, x, y, picture, layout->scale);
    data_image_free(picture);
    const int room = layout->cell_width - GAP;
    int size = LETTERS;
    while (size > 6 && lettering_width(sheet->lettering, size, below) > room)
        size--;
    lettering_draw(sheet->lettering, sheet->page,
                   x + (room - lettering_width(sheet->lettering, size, below)) / 2,
                   y + (int)layout->height * layout->scale + 2, size, below, canvas_grey(40));
}

/* The image; lit, unless map is NULL. */
static enum status draw_cell(const struct sheet *sheet, int number, const struct attention_word *word,
                             const float *map, const char *below) {
    struct data_image picture;
    TRY(picture_of_planes(&picture, word->image, sheet->layout.height, sheet->layout.width));
    if (map != NULL)
        light(&picture, &word->maps, map);
    put(sheet, number, &picture, below);
    return STATUS_OK;
}

/* The class token's map, and the text that its attention is held against. */
static enum status draw_share(const struct sheet *sheet, int number, const struct attention_word *word) {
    const struct layout *const layout = &sheet->layout;
    const struct attention_share share =
        attention_share(&word->maps, word->ink, layout->height, layout->width);
    struct data_image picture;
    char below[64];
    snprintf(below, sizeof below, "class token: %.1f %% on text", 100 * share.text);
    TRY(draw_cell(sheet, number, word, word->maps.class_token, below));
    TRY(data_image_new(&picture, layout->width, layout->height));
    for (size_t i = 0; i < (size_t)layout->width * layout->height * 3; i++)
        picture.pixels[i] = (uint8_t)lroundf(255 * word->ink[i / 3]);
    snprintf(below, sizeof below, "text%s: %.1f %%", word->ink_known ? "" : ", estimated", 100 * share.area);
    put(sheet, number + 1, &picture, below);
    return STATUS_OK;
}

static enum status draw_word(const struct sheet *sheet, int number, const struct attention_word *word) {
    const struct attention_maps *const maps = &word->maps;
    const char *at = word->text, *const end = at + strlen(at);
    TRY(draw_cell(sheet, number++, word, NULL, word->text[0] ? word->text : "(nothing)"));
    if (word->ink != NULL)
        TRY(draw_share(sheet, number++, word));
    else
        TRY(draw_cell(sheet, number, word, maps->class_token, "class token"));
    number++;
    for (size_t t = 0; t < maps->characters && at < end; t++) {
        char below[8];
        const char *const begin = at;
        uint32_t character;
        if (!data_utf8_next(&at, end, &character))
            at = begin + 1;
        snprintf(below, sizeof below, "%.*s", (int)(at - begin), begin);
        TRY(draw_cell(sheet, number++, word, maps->character + t * maps->patches, below));
    }
    return STATUS_OK;
}

enum status attention_draw(const struct attention_word *words, size_t count, const struct settings *settings,
                           struct lettering *lettering, struct data_image *page) {
    const struct layout layout = lay_out(settings, words, count);
    const struct sheet sheet = {page, layout, lettering};
    int cells = 0;
    for (size_t i = 0; i < count; i++)
        cells += cells_of(&layout, &words[i]);
    TRY(canvas_new(page, (uint32_t)(2 * MARGIN + COLUMNS * layout.cell_width - GAP),
                   (uint32_t)(TOP + rows_of(cells) * layout.cell_height + MARGIN)));
    lettering_draw(lettering, page, MARGIN, MARGIN - 4, TITLE,
                   layout.rows ? "where the encoder's class token looks, and the decoder for each character"
                               : "where the encoder's class token looks",
                   canvas_grey(20));
    enum status status = STATUS_OK;
    int number = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = draw_word(&sheet, number, &words[i]);
        number += cells_of(&layout, &words[i]);
    }
    if (status != STATUS_OK)
        data_image_free(page);
    return status;
}
