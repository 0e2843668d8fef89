/* loader_row.h: one row of a batch, made without knowing of threads. Inside the data room only. */
#ifndef MNSP_DATA_LOADER_ROW_H
#define MNSP_DATA_LOADER_ROW_H

#include "data/loader.h"

#include <stdatomic.h>

/* What every row is made from. */
struct row_maker {
    struct data_set *set;
    struct data_loader_settings settings;
    /* (items): 0 not known, else 1 + enum data_problem. What is known is a fact about the file, so it does
     * not matter which thread found it. */
    _Atomic unsigned char *known;
};

/* How a row came about: items start, start + 1, ... (modulo the set) were unusable, `skipped` of them. */
struct row {
    uint32_t start, skipped;
    uint32_t copy; /* which time in this epoch the item is shown, from 0: each is changed apart */
    bool filled;
};

/* Fills row `index` of the batch from item row->start or, when shuffled, the next usable one. Errors:
 * STATUS_INVALID when a shuffled set has no usable image, STATUS_MEMORY. */
MNSP_NODISCARD enum status row_make(struct row_maker *maker, struct data_batch *batch, size_t index,
                                    struct row *row);

/* Looks at one item once more and leaves in status_message() why it is unusable. */
void row_explain(struct row_maker *maker, uint32_t item);

#endif
