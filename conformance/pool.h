/* pool.h: worker processes that run cases, with time limits, restarted when one is lost.
 *
 *     struct pool *pool;
 *     TRY(pool_create(&pool, &options));             the first worker is there, with its device open
 *     ... pool_device(pool) ...
 *     enum status status = pool_run(pool, &client);
 *     pool_destroy(pool, how);
 *
 * A worker runs one case after the other, as long as nothing goes wrong. A case that crashes or exceeds a
 * limit costs its worker, and no other case. One that fails in a worker that ran others before is run once
 * more in a new process, and the result says what came of it: a driver may stumble over what it did earlier.
 *
 * Caveat: on a GPU with one context lost, others may be reset as well; so take one worker there.
 */
#ifndef MNSP_CONFORMANCE_POOL_H
#define MNSP_CONFORMANCE_POOL_H

#include "conformance/child.h"
#include "conformance/inject.h"
#include "conformance/registry.h"
#include "conformance/result.h"

#include <signal.h>

enum { POOL_WORKERS_MOST = 64 };

/* 0: what suits the device: a CPU is slow, and others may want it, too. */
struct pool_limits {
    double compile, dispatch; /* seconds for each pipeline, for each submission */
    double whole;             /* seconds for a case with all its parts */
};

struct pool_options {
    const char *program; /* NULL: the running one */
    const char *device;  /* as for gpu_device_open() */
    bool validate;
    unsigned workers; /* 0: one for each processor on a CPU device, one on a GPU */
    struct pool_limits limits;
    const volatile sig_atomic_t *stop; /* not 0: end, the cases under way are dropped */
};

struct pool_task {
    char name[CASE_NAME];
    uint64_t seed;
    enum inject inject;
    size_t tag; /* the client's */
};

struct pool_client {
    /* The next task of a worker (from 0); false when there are no more. */
    bool (*next)(void *context, unsigned worker, struct pool_task *out);
    /* A task is done; `output` is what its process printed meanwhile. */
    enum status (*done)(void *context, const struct pool_task *task, const struct case_result *result,
                        const char *output);
    void *context;
};

struct pool;

/* Errors: STATUS_USAGE no such device, none at all, or one below the floor; STATUS_DEVICE a driver that
 * crashes or hangs when its device is opened; STATUS_IO no process could be started. */
MNSP_NODISCARD enum status pool_create(struct pool **out, const struct pool_options *options);
/* Ends the workers. What went wrong when they closed their device is put into `how`: "" when nothing did. */
void pool_destroy(struct pool *pool, char how[CHILD_END_TEXT]);

/* The device as device_facts.h describes it; belongs to the pool. */
const json_t *pool_device(const struct pool *pool);
unsigned pool_workers(const struct pool *pool);

/* Runs all tasks. Errors: those of `done`; STATUS_DEVICE when no worker can be started any more. */
MNSP_NODISCARD enum status pool_run(struct pool *pool, const struct pool_client *client);

#endif
