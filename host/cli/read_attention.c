#include "cli/read_attention.h"

#include "base/memory.h"
#include "train/attention.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 40 };

struct read_attention {
    const char *path;
    struct recogniser *recogniser;
    struct attention *attention;
    struct attention_word words[MOST_WORDS];
    float *images[MOST_WORDS];
    char *texts[MOST_WORDS];
    size_t count, left_out;
};

enum status read_attention_open(struct read_attention **out, const struct cli_values *values,
                                struct recogniser *recogniser, struct gpu_device *device) {
    *out = NULL;
    if (!cli_given(values, "attention"))
        return STATUS_OK;
    struct read_attention *a;
    TRY(memory_new(&a, 1, sizeof *a));
    a->path = cli_text(values, "attention");
    a->recogniser = recogniser;
    const enum status status = attention_open(&a->attention, recogniser, device);
    if (status == STATUS_OK)
        *out = a;
    else
        read_attention_close(a);
    return status;
}

static enum status add(struct read_attention *a, const float *image, size_t floats, const char *text) {
    const size_t i = a->count;
    TRY(memory_new(&a->images[i], floats, sizeof *image));
    a->count++;
    memcpy(a->images[i], image, floats * sizeof *image);
    TRY(memory_copy_text(&a->texts[i], text));
    a->words[i].image = a->images[i];
    a->words[i].text = a->texts[i];
    return attention_see(a->attention, image, text, &a->words[i].maps);
}

enum status read_attention_add(struct read_attention *a, const float *images, size_t count,
                               const struct recogniser_reading *readings) {
    if (a == NULL)
        return STATUS_OK;
    const struct settings *const settings = recogniser_settings(a->recogniser);
    const size_t floats = 3 * (size_t)(settings->image_height * settings->image_width);
    for (size_t i = 0; i < count; i++)
        if (a->count < MOST_WORDS)
            TRY(add(a, images + i * floats, floats, readings[i].text));
        else
            a->left_out++;
    return STATUS_OK;
}

enum status read_attention_finish(struct read_attention *a) {
    struct lettering *lettering;
    struct data_image page;
    if (a == NULL || a->count == 0)
        return STATUS_OK;
    TRY(lettering_open(&lettering));
    enum status status =
        attention_draw(a->words, a->count, recogniser_settings(a->recogniser), lettering, &page);
    lettering_close(lettering);
    TRY(status);
    status = canvas_save(&page, a->path);
    data_image_free(&page);
    if (status == STATUS_OK && a->left_out > 0)
        cli_say("%s: %zu of the images; %zu more had no room", a->path, a->count, a->left_out);
    return status;
}

void read_attention_close(struct read_attention *a) {
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->count; i++) {
        attention_maps_free(&a->words[i].maps);
        free(a->images[i]);
        free(a->texts[i]);
    }
    attention_close(a->attention);
    free(a);
}
