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
    bool understated; /* it holds more items than it counts */
};

/* The functions of a kind; all but close() are called from several threads at once. Messages of bytes()
 * and read() name the item. */
struct source_kind {
    void (*close)(void *state);
    /* The encoded image as it lies there, released with free(). */
    enum status (*bytes)(void *state, size_t index, char **bytes, size_t *size);
    /* The picture that `bytes` decode to, where there is a shorter way to it; else NULL. */
    enum status (*read)(void *state, size_t index, struct data_image *image);
    /* Where the ink of the text is, of the shape of the picture, white on black; NULL where nobody knows. */
    enum status (*ink)(void *state, size_t index, struct data_image *ink);
    /* The raw bytes of a label with a zero behind them, not yet validated; *label NULL: it has none. */
    enum status (*label)(void *state, size_t index, char **label, size_t *size);
    enum status (*item_name)(void *state, size_t index, char **name);
};

MNSP_NODISCARD enum status source_open_labels(struct source *out, const char *folder, const char *file);
MNSP_NODISCARD enum status source_open_folder(struct source *out, const char *folder);
/* The data.mdb of a folder or, where it has none, of every folder below it in the order of their paths, as
 * one; no `kind` when there is none. */
MNSP_NODISCARD enum status source_open_lmdb(struct source *out, const char *folder);
MNSP_NODISCARD enum status source_open_render(struct source *out, const char *options);

#endif
