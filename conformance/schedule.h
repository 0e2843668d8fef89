/* schedule.h: which case a worker runs next.
 *
 * Cases of an operator share pipelines, which each process compiles for itself; so a worker stays with an
 * operator as long as it has cases, then takes the next operator, and at the end helps where most is left.
 */
#ifndef MNSP_CONFORMANCE_SCHEDULE_H
#define MNSP_CONFORMANCE_SCHEDULE_H

#include "conformance/pool.h"
#include "conformance/selection.h"

/* Neighbours in the selection that are of one operator or group. */
struct schedule_block {
    size_t next, end;
    bool is_taken; /* a worker has begun it */
};

struct schedule {
    struct schedule_block *blocks;
    size_t count;
    size_t current[POOL_WORKERS_MOST]; /* block of each worker; `count`: none yet */
};

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status schedule_create(struct schedule *out, const struct selection *selection);
void schedule_destroy(struct schedule *schedule);

/* The place of the worker's next case in the selection; false when all are given. */
bool schedule_next(size_t *out, struct schedule *schedule, unsigned worker);

#endif
