/* in_order.h: results that several threads make, taken one by one in order.
 *
 *     static enum status make(void *context, size_t index, void *result) { ... } // on any thread
 *     static enum status take(void *context, size_t index, void *result) { ... } // on the caller's, 0, 1, 2
 *
 *     const struct in_order job = {.count = 1000, .threads = 4, .size = sizeof(struct result), .make = make,
 *                                  .take = take, .drop = drop, .context = &context};
 *     TRY(in_order_run(&job));
 *
 * What take() sees does not depend on the number of threads. The first failure, in the order of the items,
 * ends the run. At most 8 results per thread wait to be taken.
 */
#ifndef MNSP_DATA_IN_ORDER_H
#define MNSP_DATA_IN_ORDER_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct in_order {
    size_t count;
    uint32_t threads;
    size_t size; /* of a result, which is zeroed before make() gets it */
    enum status (*make)(void *context, size_t index, void *result);
    enum status (*take)(void *context, size_t index, void *result);
    void (*drop)(void *result); /* releases what a result holds, also after a failed make() */
    void *context;
};

/* Errors: those of make() and take(); STATUS_MEMORY; STATUS_IO when a thread cannot be started. */
MNSP_NODISCARD enum status in_order_run(const struct in_order *job);

#endif
