#include "data/loader_row.h"

#include "base/memory.h"
#include "data/view.h"

#include <stdlib.h>

enum { USABLE = -1 };

/* Reads a label and judges it; *problem is USABLE or the problem, whose message is then stored. */
static enum status read_label(struct row_maker *maker, uint32_t item, char **label, int *problem) {
    const struct data_loader_settings *const settings = &maker->settings;
    const enum status code = data_set_label(maker->set, item, label);
    if (code == STATUS_MEMORY)
        return code;
    if (code != STATUS_OK) {
        *problem = DATA_UNLABELLED;
        return STATUS_OK;
    }
    const bool fits = *label != NULL && data_charset_fits(*label, settings->target_steps);
    if (fits || (*label != NULL && settings->order == DATA_SEQUENTIAL))
        return STATUS_OK;
    *problem = *label == NULL ? DATA_UNLABELLED : DATA_LABEL_TOO_LONG;
    char *name;
    TRY(data_set_item_name(maker->set, item, &name));
    if (*label == NULL)
        status_set(STATUS_INVALID, "%s: it has no label", name);
    else
        status_set(STATUS_INVALID, "%s: its label '%s' has more characters than %zu, the most that train",
                   name, *label, settings->target_steps - 2);
    free(name);
    return STATUS_OK;
}

/* Reads one item; *problem as above. The caller releases image and label in every case. */
static enum status read_item(struct row_maker *maker, uint32_t item, struct data_image *image, char **label,
                             int *problem) {
    *image = (struct data_image){0};
    *label = NULL;
    *problem = USABLE;
    if (maker->settings.charset != NULL)
        TRY(read_label(maker, item, label, problem));
    if (*problem != USABLE)
        return STATUS_OK;
    const enum status code = data_set_read(maker->set, item, image);
    if (code == STATUS_MEMORY || code == STATUS_INTERNAL)
        return code;
    if (code != STATUS_OK)
        *problem = DATA_UNDECODABLE;
    return STATUS_OK;
}

/* `seen` is the item the row was meant for, and which copy: a replacement is not seen
 * twice in the same form. */
static enum status fill_views(const struct row_maker *maker, struct data_batch *batch, size_t index,
                              uint64_t seen, const struct data_image *image) {
    const struct data_loader_settings *const settings = &maker->settings;
    const uint32_t height = settings->height, width = settings->width;
    const size_t planes = (size_t)3 * height * width;
    if (settings->clean)
        TRY(data_view_clean(&batch->image[index * planes], image, height, width));
    const struct data_view_key key = {.seed = settings->seed, .epoch = batch->epoch, .index = seen};
    const struct data_view_chances *const chances =
        settings->chances != NULL ? settings->chances : &data_view_published;
    if (settings->guidance)
        TRY(data_view_guidance(&batch->guidance[index * planes], image, height, width, chances, &key));
    for (uint32_t view = 0; view < settings->recognition_views; view++) {
        float *const rows = &batch->recognition[view * settings->batch * planes];
        TRY(data_view_recognition(&rows[index * planes], image, height, width, chances, &key, view));
    }
    return STATUS_OK;
}

static void fill_label(const struct row_maker *maker, struct data_batch *batch, size_t index, char *label) {
    const size_t steps = maker->settings.target_steps;
    free(batch->label[index]);
    batch->label[index] = label;
    /* An over-long label of a sequential pass is cut; whoever scores compares the text. */
    (void)!data_charset_encode(maker->settings.charset, label, steps, &batch->target[index * steps],
                               &batch->length[index]);
}

/* Tries one item; *problem is USABLE when the row is filled. */
static enum status try_item(struct row_maker *maker, struct data_batch *batch, size_t index, uint64_t seen,
                            uint32_t item, int *problem) {
    struct data_image image;
    char *label;
    enum status code = read_item(maker, item, &image, &label, problem);
    if (code == STATUS_OK && *problem == USABLE)
        code = fill_views(maker, batch, index, seen, &image);
    if (code == STATUS_OK && *problem == USABLE && label != NULL) {
        fill_label(maker, batch, index, label);
        label = NULL;
    }
    batch->item[index] = item;
    free(label);
    data_image_free(&image);
    return code;
}

enum status row_make(struct row_maker *maker, struct data_batch *batch, size_t index, struct row *row) {
    const uint32_t count = (uint32_t)data_set_count(maker->set);
    const uint64_t seen = (uint64_t)row->copy << 32 | row->start;
    row->filled = false;
    for (row->skipped = 0; row->skipped < count; row->skipped++) {
        const uint32_t item = (uint32_t)(((uint64_t)row->start + row->skipped) % count);
        int problem = (int)maker->known[item] - 1;
        if (problem == USABLE)
            TRY(try_item(maker, batch, index, seen, item, &problem));
        row->filled = problem == USABLE;
        if (row->filled)
            return STATUS_OK;
        maker->known[item] = (unsigned char)(problem + 1);
        if (maker->settings.order == DATA_SEQUENTIAL) {
            row->skipped = 1;
            return STATUS_OK;
        }
    }
    row_explain(maker, row->start);
    return status_context(STATUS_INVALID, "none of the %u images of the data set can be used; the first",
                          count);
}

void row_explain(struct row_maker *maker, uint32_t item) {
    struct data_image image;
    char *label;
    int problem;
    (void)!read_item(maker, item, &image, &label, &problem);
    free(label);
    data_image_free(&image);
}
