#include "base/memory.h"
#include "data/ink.h"
#include "data/view.h"
#include "train/feed.h"
#include "train/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum status allocate(struct picture_samples *samples, size_t most) {
    const size_t floats = (size_t)3 * samples->height * samples->width;
    TRY(memory_new(&samples->image, most * floats, sizeof *samples->image));
    TRY(memory_new(&samples->guidance, most * floats, sizeof *samples->guidance));
    TRY(memory_new(&samples->ink, most * floats / 3, sizeof *samples->ink));
    TRY(memory_new(&samples->ink_known, most, sizeof *samples->ink_known));
    return memory_new(&samples->label, most, sizeof *samples->label);
}

/* Takes one image; one that cannot be decoded is no failure. */
static enum status take(struct picture_samples *samples, struct data_set *set, size_t index,
                        const struct settings *settings) {
    struct data_image image;
    const enum status read = data_set_read(set, index, &image);
    if (read != STATUS_OK)
        return read == STATUS_MEMORY ? read : STATUS_OK;
    const size_t place = samples->count * 3 * samples->height * samples->width;
    const struct data_view_chances chances = train_view_chances(settings);
    const struct data_view_key key = {.seed = (uint64_t)settings->seed, .index = (uint32_t)index};
    enum status status = data_view_clean(samples->image + place, &image, samples->height, samples->width);
    if (status == STATUS_OK)
        status = data_view_guidance(samples->guidance + place, &image, samples->height, samples->width,
                                    &chances, &key);
    if (status == STATUS_OK)
        status = data_ink_find(samples->ink + place / 3, &samples->ink_known[samples->count], set, index,
                               &image, samples->height, samples->width);
    data_image_free(&image);
    TRY(status);
    if (data_set_label(set, index, &samples->label[samples->count]) != STATUS_OK)
        samples->label[samples->count] = NULL; /* a bad label is as good as none */
    samples->count++;
    return STATUS_OK;
}

/* Each sample is the first usable image of its part of the set. */
static enum status choose(struct picture_samples *samples, struct data_set *set, size_t most,
                          const struct settings *settings) {
    const size_t images = data_set_count(set);
    for (size_t part = 0; part < most; part++) {
        const size_t first = images * part / most, end = images * (part + 1) / most;
        const size_t before = samples->count;
        for (size_t i = first; i < end && samples->count == before; i++)
            TRY(take(samples, set, i, settings));
    }
    if (samples->count == 0)
        return status_set(STATUS_INVALID, "none of the %zu images of the data set can be decoded", images);
    return STATUS_OK;
}

enum status picture_samples_open(struct picture_samples *out, struct data_set *set,
                                 const struct settings *settings, size_t most) {
    *out = (struct picture_samples){.height = (uint32_t)settings->image_height,
                                    .width = (uint32_t)settings->image_width};
    if (most > data_set_count(set))
        most = data_set_count(set);
    enum status status = allocate(out, most);
    if (status == STATUS_OK)
        status = choose(out, set, most, settings);
    if (status != STATUS_OK)
        picture_samples_free(out);
    return status;
}

void picture_samples_free(struct picture_samples *samples) {
    for (size_t i = 0; i < samples->count; i++)
        free(samples->label[i]);
    free(samples->image);
    free(samples->guidance);
    free(samples->label);
    free(samples->ink);
    free(samples->ink_known);
    *samples = (struct picture_samples){0};
}

enum status picture_of_planes(struct data_image *out, const float *planes, uint32_t height, uint32_t width) {
    TRY(data_image_new(out, width, height));
    const size_t pixels = (size_t)height * width;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++) {
            const double value = ((double)planes[c * pixels + i] + 1) * 127.5;
            out->pixels[i * 3 + c] = (uint8_t)(value > 0 ? (value < 255 ? lround(value) : 255) : 0);
        }
    return STATUS_OK;
}
