/* confusion.h: which characters a recogniser takes for which, and how often.
 *
 *     struct confusions confusions = {0};
 *     TRY(confusions_add(&confusions, "lock", "1ock"));
 *     confusions_sort(&confusions);                        confusions.list[0]: 'l' read as '1', once
 *     confusions_free(&confusions);
 *
 * Label and reading are aligned (alignment.h) as they are, with case and symbols.
 */
#ifndef MNSP_TRAIN_CONFUSION_H
#define MNSP_TRAIN_CONFUSION_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct confusion {
    uint32_t written, read; /* code points that differ; 0: nothing, of a character left out or put in */
    uint64_t count;
};

struct confusions {
    struct confusion *list; /* by code points until they are sorted */
    size_t count, capacity;
};

/* Counts what is different in a reading. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status confusions_add(struct confusions *confusions, const char *label,
                                          const char *reading);
/* The most frequent first, equally frequent ones by code points. Nothing can be added any more. */
void confusions_sort(struct confusions *confusions);
void confusions_free(struct confusions *confusions);

#endif
