#include "cli/read_attention.h"

#include "base/memory.h"
#include "cli/attention_page.h"

#include <stdlib.h>

struct read_attention {
    struct attention *attention;
    struct attention_page *page;
    size_t images;
};

static enum status start(struct read_attention *a, const struct cli_values *values,
                         struct recogniser *recogniser, struct gpu_device *device) {
    TRY(attention_open(&a->attention, recogniser, device));
    return attention_page_new(&a->page, cli_text(values, "attention"), a->attention);
}

enum status read_attention_open(struct read_attention **out, const struct cli_values *values,
                                struct recogniser *recogniser, struct gpu_device *device) {
    *out = NULL;
    if (!cli_given(values, "attention"))
        return STATUS_OK;
    struct read_attention *a;
    TRY(memory_new(&a, 1, sizeof *a));
    const enum status status = start(a, values, recogniser, device);
    if (status == STATUS_OK)
        *out = a;
    else
        read_attention_close(a);
    return status;
}

enum status read_attention_add(struct read_attention *a, const float *images, size_t count,
                               const struct recogniser_reading *readings) {
    if (a == NULL)
        return STATUS_OK;
    const struct settings *const settings = attention_settings(a->attention);
    const size_t floats = 3 * (size_t)(settings->image_height * settings->image_width);
    a->images += count;
    for (size_t i = 0; i < count && attention_page_has_room(a->page); i++) {
        struct attention_word word = {.image = images + i * floats, .text = readings[i].text};
        TRY(attention_see(a->attention, word.image, word.text, &word.maps));
        TRY(attention_page_add(a->page, &word));
    }
    return STATUS_OK;
}

enum status read_attention_finish(struct read_attention *a) {
    return a != NULL ? attention_page_save(a->page, a->images) : STATUS_OK;
}

void read_attention_close(struct read_attention *a) {
    if (a == NULL)
        return;
    attention_page_free(a->page);
    attention_close(a->attention);
    free(a);
}
