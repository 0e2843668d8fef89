#include "train/confusion.h"

#include "base/memory.h"
#include "train/alignment.h"

#include <stdlib.h>
#include <string.h>

static int compare_points(const struct confusion *a, const struct confusion *b) {
    if (a->written != b->written)
        return a->written < b->written ? -1 : 1;
    return a->read < b->read ? -1 : a->read > b->read;
}

static int compare_counts(const void *a, const void *b) {
    const struct confusion *const x = a, *const y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return compare_points(x, y);
}

/* Where a confusion is in the list, or belongs. */
static size_t place_of(const struct confusions *confusions, const struct confusion *wanted) {
    size_t low = 0, high = confusions->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (compare_points(&confusions->list[middle], wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum status count_pair(struct confusions *confusions, const struct alignment_pair *pair) {
    const struct confusion confusion = {pair->written, pair->read, 1};
    const size_t place = place_of(confusions, &confusion);
    if (place < confusions->count && compare_points(&confusions->list[place], &confusion) == 0) {
        confusions->list[place].count++;
        return STATUS_OK;
    }
    TRY(memory_reserve(&confusions->list, &confusions->capacity, confusions->count + 1,
                       sizeof *confusions->list));
    memmove(confusions->list + place + 1, confusions->list + place,
            (confusions->count - place) * sizeof *confusions->list);
    confusions->list[place] = confusion;
    confusions->count++;
    return STATUS_OK;
}

enum status confusions_add(struct confusions *confusions, const char *label, const char *reading) {
    struct alignment alignment;
    TRY(alignment_make(&alignment, label, reading));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < alignment.count && status == STATUS_OK; i++)
        if (alignment.pairs[i].written != alignment.pairs[i].read)
            status = count_pair(confusions, &alignment.pairs[i]);
    alignment_free(&alignment);
    return status;
}

void confusions_sort(struct confusions *confusions) {
    if (confusions->count > 0)
        qsort(confusions->list, confusions->count, sizeof *confusions->list, compare_counts);
}

void confusions_free(struct confusions *confusions) {
    free(confusions->list);
    *confusions = (struct confusions){0};
}
