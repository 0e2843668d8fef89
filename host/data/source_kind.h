/* source_kind.h: what a kind of source provides. Inside the data room only; programs use source.h. */
#ifndef MNSP_DATA_SOURCE_KIND_H
#define MNSP_DATA_SOURCE_KIND_H

#include "data/image.h"

#include <stdbool.h>

/* One opened source. `state` is the kind's own, and released by it. */
struct source {
    const struct source_kind *kind;
    const char *format; /* for tables and messages */
    void *state;
    size_t count;
    bool labelled;
};

/* The functions of a kind; all but close() are called from several threads at once. */
struct source_kind {
    void (*close)(void *state);
    enum status (*read)(void *state, size_t index, struct data_image *image);
    /* The raw bytes of a label with a zero behind them, not yet validated; *label NULL: it has none. */
    enum status (*label)(void *state, size_t index, char **label, size_t *size);
    enum status (*item_name)(void *state, size_t index, char **name);
};

MNSP_NODISCARD enum status source_open_labels(struct source *out, const char *folder, const char *file);
MNSP_NODISCARD enum status source_open_folder(struct source *out, const char *folder);
MNSP_NODISCARD enum status source_open_lmdb(struct source *out, const char *folder);
MNSP_NODISCARD enum status source_open_render(struct source *out, const char *options);

#endif
