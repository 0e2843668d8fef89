#include "train/worst.h"

#include "base/memory.h"
#include "train/picture.h"

#include <stdlib.h>
#include <string.h>

enum status worst_open(struct worst *out, const struct settings *settings, size_t most) {
    *out = (struct worst){
        .most = most, .height = (uint32_t)settings->image_height, .width = (uint32_t)settings->image_width};
    return memory_new(&out->list, most, sizeof *out->list);
}

static void forget(struct mistake *mistake) {
    free(mistake->image);
    free(mistake->label);
    free(mistake->text);
    free(mistake->planes);
    *mistake = (struct mistake){0};
}

void worst_close(struct worst *worst) {
    for (size_t i = 0; worst->list != NULL && i < worst->count; i++)
        forget(&worst->list[i]);
    free(worst->list);
    *worst = (struct worst){0};
}

/* ---- collecting ---- */

static int compare(const void *a, const void *b) {
    const struct mistake *const x = a, *const y = b;
    if (x->similarity != y->similarity)
        return x->similarity < y->similarity ? -1 : 1;
    if (x->confidence != y->confidence)
        return x->confidence > y->confidence ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

/* Where a mistake goes: to the end of the list, or in the place of the least bad one; NULL if
 * it is none of the worst. */
static struct mistake *find_place(struct worst *worst, const struct mistake *mistake) {
    if (worst->count < worst->most)
        return &worst->list[worst->count++];
    struct mistake *least = NULL;
    for (size_t i = 0; i < worst->count; i++)
        if (least == NULL || compare(&worst->list[i], least) > 0)
            least = &worst->list[i];
    if (least == NULL || compare(mistake, least) > 0)
        return NULL;
    forget(least);
    return least;
}

enum status worst_take(struct worst *worst, const struct evaluate_word *word) {
    if (word->verdict.right || word->verdict.too_long)
        return STATUS_OK;
    const struct mistake mistake = {.similarity = word->verdict.similarity,
                                    .confidence = word->reading->confidence,
                                    .place = worst->seen++};
    struct mistake *const place = find_place(worst, &mistake);
    if (place == NULL)
        return STATUS_OK;
    const size_t floats = (size_t)3 * worst->height * worst->width;
    *place = mistake;
    TRY(data_set_item_name(word->set, word->item, &place->image));
    TRY(memory_copy_text(&place->label, word->label));
    TRY(memory_copy_text(&place->text, word->reading->text));
    TRY(memory_new(&place->planes, floats, sizeof *place->planes));
    memcpy(place->planes, word->image, floats * sizeof *place->planes);
    return STATUS_OK;
}

void worst_sort(struct worst *worst) {
    if (worst->count > 0)
        qsort(worst->list, worst->count, sizeof *worst->list, compare);
}

/* ---- drawing ---- */

static enum status draw(const struct worst *worst, struct picture_samples *samples,
                        struct recogniser_reading **readings, struct lettering *lettering, const char *title,
                        struct data_image *page) {
    const size_t floats = (size_t)3 * worst->height * worst->width;
    TRY(memory_new(&samples->image, worst->count * floats, sizeof *samples->image));
    TRY(memory_new(&samples->label, worst->count, sizeof *samples->label));
    TRY(memory_new(readings, worst->count, sizeof **readings));
    for (size_t i = 0; i < worst->count; i++) {
        const struct mistake *const mistake = &worst->list[i];
        memcpy(samples->image + i * floats, mistake->planes, floats * sizeof *samples->image);
        samples->label[i] = mistake->label;
        (*readings)[i] =
            (struct recogniser_reading){.text = mistake->text, .confidence = mistake->confidence};
    }
    return picture_readings_draw(samples, *readings, lettering, title,
                                 worst->count > 0 ? "label, and below it the reading; the worst come first"
                                                  : "there are no mistakes",
                                 page);
}

enum status worst_draw(const struct worst *worst, struct lettering *lettering, const char *title,
                       struct data_image *page) {
    struct picture_samples samples = {.count = worst->count, .height = worst->height, .width = worst->width};
    struct recogniser_reading *readings = NULL;
    const enum status status = draw(worst, &samples, &readings, lettering, title, page);
    free(samples.image);
    free(samples.label);
    free(readings);
    return status;
}
