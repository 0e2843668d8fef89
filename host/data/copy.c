#include "data/copy.h"

#include "base/memory.h"
#include "data/in_order.h"

#include <stdlib.h>

/* One item as a thread has read it. */
struct copied {
    char *bytes, *label;
    size_t size;
    char *failure; /* why it is skipped, or NULL */
};

struct copying {
    struct data_set *set;
    struct data_writer *const *writers;
    const struct data_copy_settings *settings;
    size_t done, skipped;
};

static enum status read_item(struct data_set *set, size_t index, struct copied *item) {
    TRY(data_set_label(set, index, &item->label));
    TRY(data_set_bytes(set, index, &item->bytes, &item->size));
    if (data_image_ending(item->bytes, item->size) != NULL)
        return STATUS_OK;
    char *name;
    TRY(data_set_item_name(set, index, &name));
    const enum status code = status_set(STATUS_INVALID, "%s: not a JPEG, PNG or BMP image", name);
    free(name);
    return code;
}

static enum status make(void *context, size_t index, void *result) {
    const struct copying *const copying = context;
    struct copied *const item = result;
    const enum status code = read_item(copying->set, index, item);
    if (code == STATUS_OK || code == STATUS_MEMORY || code == STATUS_INTERNAL)
        return code;
    return memory_copy_text(&item->failure, status_message());
}

static enum status take(void *context, size_t index, void *result) {
    struct copying *const copying = context;
    const struct data_copy_settings *const settings = copying->settings;
    const struct copied *const item = result;
    (void)index;
    if (item->failure != NULL) {
        if (copying->skipped++ < DATA_COPY_NAMED && settings->report != NULL)
            settings->report(settings->context, item->failure);
    } else {
        const size_t part =
            settings->part ? settings->part(settings->part_context, item->bytes, item->size) : 0;
        const struct data_item copy = {.bytes = item->bytes, .size = item->size, .label = item->label};
        TRY(data_writer_put(copying->writers[part], &copy));
    }
    copying->done++;
    return settings->progress ? settings->progress(settings->context, copying->done) : STATUS_OK;
}

static void drop(void *result) {
    struct copied *const item = result;
    free(item->bytes);
    free(item->label);
    free(item->failure);
}

enum status data_copy(struct data_set *set, struct data_writer *const *writers,
                      const struct data_copy_settings *settings, size_t *skipped) {
    struct copying copying = {.set = set, .writers = writers, .settings = settings};
    const struct in_order job = {.count = data_set_count(set),
                                 .threads = settings->threads,
                                 .size = sizeof(struct copied),
                                 .make = make,
                                 .take = take,
                                 .drop = drop,
                                 .context = &copying};
    const enum status code = in_order_run(&job);
    *skipped = copying.skipped;
    return code;
}
