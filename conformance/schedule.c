#include "conformance/schedule.h"

#include "base/memory.h"

#include <stdlib.h>

static bool is_same_block(const struct conformance_case *a, const struct conformance_case *b) {
    return a->id == b->id && a->group == b->group;
}

enum status schedule_create(struct schedule *out, const struct selection *selection) {
    *out = (struct schedule){0};
    size_t capacity = 0;
    for (size_t i = 0; i < selection->count; i++) {
        if (i == 0 || !is_same_block(&selection->cases[i - 1], &selection->cases[i])) {
            TRY(memory_reserve(&out->blocks, &capacity, out->count + 1, sizeof *out->blocks));
            out->blocks[out->count++] = (struct schedule_block){.next = i};
        }
        out->blocks[out->count - 1].end = i + 1;
    }
    for (unsigned worker = 0; worker < POOL_WORKERS_MOST; worker++)
        out->current[worker] = out->count;
    return STATUS_OK;
}

void schedule_destroy(struct schedule *schedule) {
    free(schedule->blocks);
    *schedule = (struct schedule){0};
}

static size_t left_in(const struct schedule *schedule, size_t block) {
    return block < schedule->count ? schedule->blocks[block].end - schedule->blocks[block].next : 0;
}

/* One that nobody has begun, else the one in which most is left. */
static size_t choose_block(const struct schedule *schedule) {
    size_t best = schedule->count;
    for (size_t i = 0; i < schedule->count; i++) {
        if (!schedule->blocks[i].is_taken)
            return i;
        if (left_in(schedule, i) > left_in(schedule, best))
            best = i;
    }
    return best;
}

bool schedule_next(size_t *out, struct schedule *schedule, unsigned worker) {
    size_t *const current = &schedule->current[worker];
    if (left_in(schedule, *current) == 0)
        *current = choose_block(schedule);
    if (*current == schedule->count)
        return false;
    schedule->blocks[*current].is_taken = true;
    *out = schedule->blocks[*current].next++;
    return true;
}
