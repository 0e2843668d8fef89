#include "cli/attention_page.h"

#include "base/memory.h"
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WORDS = 40 };

struct attention_page {
    const char *path;
    struct attention *attention;
    struct attention_word words[MOST_WORDS];
    /* what the words point to */
    float *images[MOST_WORDS], *inks[MOST_WORDS];
    char *texts[MOST_WORDS];
    size_t count;
};

enum status attention_page_new(struct attention_page **out, const char *path, struct attention *attention) {
    TRY(memory_new(out, 1, sizeof **out));
    (*out)->path = path;
    (*out)->attention = attention;
    return STATUS_OK;
}

static enum status copy(float **out, const float *values, size_t count) {
    TRY(memory_new(out, count, sizeof *values));
    memcpy(*out, values, count * sizeof *values);
    return STATUS_OK;
}

bool attention_page_has_room(const struct attention_page *page) {
    return page->count < MOST_WORDS;
}

enum status attention_page_add(struct attention_page *page, const struct attention_word *word) {
    const struct settings *const settings = attention_settings(page->attention);
    const size_t i = page->count, pixels = (size_t)(settings->image_height * settings->image_width);
    page->words[i] = *word;
    page->count++;
    TRY(copy(&page->images[i], word->image, 3 * pixels));
    TRY(memory_copy_text(&page->texts[i], word->text));
    if (word->ink != NULL)
        TRY(copy(&page->inks[i], word->ink, pixels));
    page->words[i].image = page->images[i];
    page->words[i].text = page->texts[i];
    page->words[i].ink = page->inks[i];
    return STATUS_OK;
}

enum status attention_page_save(const struct attention_page *page, size_t images) {
    struct lettering *lettering;
    struct data_image image;
    if (page->count == 0)
        return STATUS_OK;
    TRY(lettering_open(&lettering));
    enum status status =
        attention_draw(page->words, page->count, attention_settings(page->attention), lettering, &image);
    lettering_close(lettering);
    TRY(status);
    status = canvas_save(&image, page->path);
    data_image_free(&image);
    if (status == STATUS_OK && images > page->count)
        cli_say("%s: %zu of the images; %zu more had no room", page->path, page->count, images - page->count);
    return status;
}

void attention_page_free(struct attention_page *page) {
    if (page == NULL)
        return;
    for (size_t i = 0; i < page->count; i++) {
        attention_maps_free(&page->words[i].maps);
        free(page->images[i]);
        free(page->inks[i]);
        free(page->texts[i]);
    }
    free(page);
}
