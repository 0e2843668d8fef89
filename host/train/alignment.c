#include "train/alignment.h"

#include "base/memory.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

struct points {
    uint32_t *at;
    size_t count;
};

static enum status take_points(struct points *out, const char *text) {
    const char *const end = text + strlen(text);
    out->count = 0;
    TRY(memory_new(&out->at, (size_t)(end - text) + 1, sizeof *out->at));
    while (data_utf8_next(&text, end, &out->at[out->count]))
        out->count++;
    return STATUS_OK;
}

/* steps[i (n + 1) + j] is the distance between the first i points of a and the first j of b. */
static void fill_distances(size_t *steps, const struct points *a, const struct points *b) {
    const size_t pitch = b->count + 1;
    for (size_t i = 0; i <= a->count; i++)
        for (size_t j = 0; j <= b->count; j++) {
            size_t *const here = steps + i * pitch + j;
            if (i == 0 || j == 0) {
                *here = i + j;
                continue;
            }
            const size_t changed = here[-(ptrdiff_t)pitch - 1] + (a->at[i - 1] != b->at[j - 1]);
            const size_t left_out = here[-(ptrdiff_t)pitch] + 1, inserted = here[-1] + 1;
            const size_t other = left_out < inserted ? left_out : inserted;
            *here = changed < other ? changed : other;
        }
}

/* Goes back from the end, filling pairs from the end; returns how many there are. */
static size_t walk_back(struct alignment_pair *pairs, size_t room, const size_t *steps,
                        const struct points *a, const struct points *b) {
    const size_t pitch = b->count + 1;
    size_t i = a->count, j = b->count, at = room;
    while (i > 0 || j > 0) {
        const size_t *const here = steps + i * pitch + j;
        struct alignment_pair *const pair = &pairs[--at];
        *pair = (struct alignment_pair){0};
        const bool both = i > 0 && j > 0;
        if (both && *here == here[-(ptrdiff_t)pitch - 1] + (a->at[i - 1] != b->at[j - 1])) {
            pair->written = a->at[--i];
            pair->read = b->at[--j];
        } else if (i > 0 && *here == here[-(ptrdiff_t)pitch] + 1) {
            pair->written = a->at[--i];
        } else {
            pair->read = b->at[--j];
        }
    }
    return room - at;
}

static enum status align(struct alignment *out, const struct points *a, const struct points *b) {
    const size_t room = a->count + b->count;
    size_t *steps;
    TRY(memory_new(&steps, (a->count + 1) * (b->count + 1), sizeof *steps));
    const enum status status = memory_new(&out->pairs, room + 1, sizeof *out->pairs);
    if (status == STATUS_OK) {
        fill_distances(steps, a, b);
        out->count = walk_back(out->pairs, room, steps, a, b);
        memmove(out->pairs, out->pairs + room - out->count, out->count * sizeof *out->pairs);
        out->distance = steps[(a->count + 1) * (b->count + 1) - 1];
        out->longest = a->count > b->count ? a->count : b->count;
    }
    free(steps);
    return status;
}

enum status alignment_make(struct alignment *out, const char *label, const char *reading) {
    struct points a, b = {0};
    *out = (struct alignment){0};
    TRY(take_points(&a, label));
    enum status status = take_points(&b, reading);
    if (status == STATUS_OK)
        status = align(out, &a, &b);
    free(a.at);
    free(b.at);
    return status;
}

void alignment_free(struct alignment *alignment) {
    free(alignment->pairs);
    *alignment = (struct alignment){0};
}

double alignment_similarity(const struct alignment *alignment) {
    return alignment->longest == 0 ? 1 : 1 - (double)alignment->distance / (double)alignment->longest;
}
