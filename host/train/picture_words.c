#include "train/evaluate.h"
#include "train/picture.h"

#include <stdio.h>

enum { MARGIN = 16, GAP = 12, TITLE = 20, NOTE = 14, LETTERS = 17, SMALL = 12 };

enum { PICTURE_WIDTH = 256, TEXT_WIDTH = 240, COLUMNS = 2 };

struct layout {
    int scale; /* of the pictures, so that they are about PICTURE_WIDTH wide */
    int cell_width, cell_height, rows, top;
};

static struct layout lay_out(const struct picture_samples *samples) {
    const int width = (int)samples->width, scale = width < PICTURE_WIDTH ? PICTURE_WIDTH / width : 1;
    const int picture = (int)samples->height * scale, text = 2 * LETTERS + SMALL + 20;
    return (struct layout){.scale = scale,
                           .cell_width = width * scale + GAP + TEXT_WIDTH,
                           .cell_height = picture > text ? picture : text,
                           .rows = ((int)samples->count + COLUMNS - 1) / COLUMNS,
                           .top = MARGIN + TITLE + NOTE + 3 * GAP};
}

/* Letters as large as the width allows. */
static void draw_fitting(struct lettering *lettering, struct data_image *page, int x, int y, const char *text,
                         struct canvas_colour colour) {
    int size = LETTERS;
    while (size > 8 && lettering_width(lettering, size, text) > TEXT_WIDTH)
        size--;
    lettering_draw(lettering, page, x, y + LETTERS - size, size, text, colour);
}

static enum status draw_text(struct lettering *lettering, struct data_image *page, int x, int y,
                             const char *label, const struct recogniser_reading *reading) {
    static const struct canvas_colour good = {20, 130, 50}, bad = {190, 30, 30};
    bool right = false;
    if (label != NULL)
        TRY(evaluate_is_right(&right, label, reading->text));
    draw_fitting(lettering, page, x, y, label ? label : "(no label)", canvas_grey(label ? 20 : 150));
    draw_fitting(lettering, page, x, y + LETTERS + 8, reading->text[0] ? reading->text : "(nothing)",
                 label == NULL ? canvas_grey(20)
                 : right       ? good
                               : bad);
    char confidence[64];
    snprintf(confidence, sizeof confidence, "confidence %.3f", (double)reading->confidence);
    lettering_draw(lettering, page, x, y + 2 * LETTERS + 18, SMALL, confidence, canvas_grey(130));
    return STATUS_OK;
}

static enum status draw_word(struct lettering *lettering, struct data_image *page,
                             const struct layout *layout, const struct picture_samples *samples, size_t i,
                             const struct recogniser_reading *reading) {
    /* Down the left column, then down the right one. */
    const int x = MARGIN + (int)i / layout->rows * (layout->cell_width + GAP);
    const int y = layout->top + (int)i % layout->rows * (layout->cell_height + GAP);
    struct data_image picture;
    const size_t floats = (size_t)3 * samples->height * samples->width;
    TRY(picture_of_planes(&picture, samples->image + i * floats, samples->height, samples->width));
    canvas_paste(page, x, y, &picture, layout->scale);
    data_image_free(&picture);
    return draw_text(lettering, page, x + (int)samples->width * layout->scale + GAP, y, samples->label[i],
                     reading);
}

enum status picture_words_read(struct recogniser *recogniser, const struct picture_samples *samples,
                               struct recogniser_reading *readings) {
    const size_t batch = recogniser_batch(recogniser);
    const size_t floats = (size_t)3 * samples->height * samples->width;
    for (size_t first = 0; first < samples->count; first += batch) {
        const size_t left = samples->count - first;
        const enum status status = recogniser_read(recogniser, samples->image + first * floats,
                                                   left < batch ? left : batch, readings + first);
        if (status != STATUS_OK) {
            recogniser_readings_free(readings, first);
            return status;
        }
    }
    return STATUS_OK;
}

static enum status draw_page(const struct picture_samples *samples, const struct recogniser_reading *readings,
                             struct lettering *lettering, const char *title, const char *note,
                             struct data_image *page) {
    const struct layout layout = lay_out(samples);
    TRY(canvas_new(page, (uint32_t)(2 * MARGIN + COLUMNS * (layout.cell_width + GAP) - GAP),
                   (uint32_t)(layout.top + layout.rows * (layout.cell_height + GAP) - GAP + MARGIN)));
    lettering_draw(lettering, page, MARGIN, MARGIN - 4, TITLE, title, canvas_grey(20));
    lettering_draw(lettering, page, MARGIN, MARGIN + TITLE + 6, NOTE, note, canvas_grey(120));
    for (size_t i = 0; i < samples->count; i++)
        TRY(draw_word(lettering, page, &layout, samples, i, &readings[i]));
    return STATUS_OK;
}

enum status picture_readings_draw(const struct picture_samples *samples,
                                  const struct recogniser_reading *readings, struct lettering *lettering,
                                  const char *title, const char *note, struct data_image *page) {
    *page = (struct data_image){0};
    const enum status status = draw_page(samples, readings, lettering, title, note, page);
    if (status != STATUS_OK)
        data_image_free(page);
    return status;
}

enum status picture_words_draw(const struct picture_samples *samples,
                               const struct recogniser_reading *readings, struct lettering *lettering,
                               const char *title, struct data_image *page) {
    return picture_readings_draw(samples, readings, lettering, title,
                                 "label, and below it the reading: green where letters and digits are right",
                                 page);
}
