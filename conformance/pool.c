#include "conformance/pool.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CASES_MOST = 2000,  /* of one process: drivers keep what they compiled */
    RERUNS_MOST = 32,   /* cases that are run once more in a new process, of a whole run */
    FAILED_STARTS = 3,  /* in a row: then the driver is beyond hope */
    START_LIMIT = 120,  /* seconds to open the device */
    LONGEST_SLEEP = 500 /* milliseconds, so that `stop` is seen in time */
};

struct job {
    struct pool_task task;
    bool alone;               /* the second run, in a new process */
    struct case_result first; /* what the first gave */
    char *first_output;
};

struct worker {
    struct child child;
    enum { EMPTY, STARTING, IDLE, BUSY } state;
    struct job job;
    enum phase phase;
    double since, phase_since; /* of the job, or of the start */
    size_t cases;              /* that it has run */
    struct pool_task ahead;    /* asked from the client, not given yet */
    bool has_ahead;
};

struct pool {
    struct pool_options options;
    struct worker workers[POOL_WORKERS_MOST];
    unsigned count;
    json_t *device;
    const struct pool_client *client;
    struct job reruns[RERUNS_MOST]; /* first_rerun .. rerun_count - 1 are waiting */
    size_t first_rerun, rerun_count;
    int failed_starts;
};

/* ---- what a job came to ---- */

static enum status deliver(struct pool *pool, const struct job *job, const struct case_result *result,
                           const char *output) {
    if (!job->alone)
        return pool->client->done(pool->client->context, &job->task, result, output);
    struct case_result whole = job->first;
    whole.ran_alone = true;
    whole.alone = result->outcome;
    const size_t used = strlen(whole.message);
    snprintf(whole.message + used, sizeof whole.message - used, "; alone in a new process: %s%s",
             outcome_name(whole.alone),
             outcome_is_bad(whole.alone) ? "" : ", so it depends on what ran before it in the process");
    return pool->client->done(pool->client->context, &job->task, &whole, job->first_output);
}

static bool deserves_rerun(const struct pool *pool, const struct worker *worker, enum outcome outcome) {
    return outcome_is_bad(outcome) && outcome != OUTCOME_TIMEOUT && outcome != OUTCOME_INTERNAL_ERROR &&
           !worker->job.alone && worker->cases > 0 && pool->rerun_count < RERUNS_MOST;
}

/* The job of a worker is done; the worker is free, or gone. */
static enum status finish(struct pool *pool, struct worker *worker, const struct case_result *result) {
    char *output;
    child_collect_output(&worker->child);
    TRY(child_output_text(&output, &worker->child));
    enum status status = STATUS_OK;
    if (deserves_rerun(pool, worker, result->outcome)) {
        struct job *const job = &pool->reruns[pool->rerun_count++];
        *job = (struct job){worker->job.task, true, *result, output};
        output = NULL;
    } else {
        status = deliver(pool, &worker->job, result, output);
        free(worker->job.first_output);
    }
    worker->job.first_output = NULL;
    free(output);
    worker->cases++;
    worker->state = IDLE;
    return status;
}

/* The last line that the process printed, for messages. */
static void append_last_line(struct case_result *result, struct child *child) {
    char *text = NULL;
    if (child_output_text(&text, child) != STATUS_OK)
        return;
    size_t end = strlen(text);
    while (end > 0 && text[end - 1] == '\n')
        text[--end] = '\0';
    const char *const newline = strrchr(text, '\n'), *const line = newline != NULL ? newline + 1 : text;
    const size_t used = strlen(result->message);
    if (*line != '\0')
        snprintf(result->message + used, sizeof result->message - used, "; its last words: %.300s", line);
    free(text);
}

/* ---- workers that go wrong ---- */

static enum status note_failed_start(struct pool *pool, struct worker *worker, const char *how) {
    struct case_result words = {0};
    child_collect_output(&worker->child);
    append_last_line(&words, &worker->child);
    worker->state = EMPTY;
    if (pool->device != NULL && ++pool->failed_starts < FAILED_STARTS)
        return STATUS_OK;
    return status_set(STATUS_DEVICE, "the driver cannot open its device%s: the process %s%.400s",
                      pool->device != NULL ? " any more" : "", how, words.message);
}

/* The process has closed its socket. */
static enum status bury(struct pool *pool, struct worker *worker) {
    char how[CHILD_END_TEXT];
    child_await(&worker->child, how);
    if (worker->state == STARTING)
        return note_failed_start(pool, worker, how);
    if (worker->state == IDLE) {
        worker->state = EMPTY;
        return STATUS_OK;
    }
    struct case_result result = {.outcome = OUTCOME_CRASH};
    result.seconds[worker->phase] = clock_seconds() - worker->phase_since;
    snprintf(result.message, sizeof result.message, "the process was %s %s", how,
             phase_sentence(worker->phase));
    append_last_line(&result, &worker->child);
    const enum status status = finish(pool, worker, &result);
    worker->state = EMPTY;
    return status;
}

/* What it said makes no sense. */
static enum status dismiss(struct pool *pool, struct worker *worker) {
    struct case_result result = {.outcome = OUTCOME_INTERNAL_ERROR};
    snprintf(result.message, sizeof result.message,
             "the worker's answer is damaged, perhaps by what it ran: %s", status_message());
    child_kill(&worker->child);
    if (worker->state == STARTING)
        return note_failed_start(pool, worker, "gave a damaged answer");
    const enum status status = worker->state == BUSY ? finish(pool, worker, &result) : STATUS_OK;
    worker->state = EMPTY;
    return status;
}

static double phase_limit(const struct pool_limits *limits, enum phase phase) {
    return phase == PHASE_COMPILE    ? limits->compile
           : phase == PHASE_DISPATCH ? limits->dispatch
                                     : limits->whole;
}

static double deadline(const struct pool *pool, const struct worker *worker) {
    const struct pool_limits *const limits = &pool->options.limits;
    if (worker->state == STARTING)
        return worker->since + START_LIMIT;
    const double whole = worker->since + limits->whole;
    return worker->state == BUSY ? fmin(whole, worker->phase_since + phase_limit(limits, worker->phase))
                                 : INFINITY;
}

static enum status stop_late(struct pool *pool, struct worker *worker) {
    const struct pool_limits *const limits = &pool->options.limits;
    child_kill(&worker->child);
    if (worker->state == STARTING)
        return note_failed_start(pool, worker, "hangs");
    struct case_result result = {.outcome = OUTCOME_TIMEOUT};
    const double now = clock_seconds(), limit = phase_limit(limits, worker->phase);
    result.seconds[worker->phase] = now - worker->phase_since;
    if (now - worker->phase_since >= limit && limit < limits->whole)
        snprintf(result.message, sizeof result.message, "no end after %.3g s %s; see --%s-limit", limit,
                 phase_sentence(worker->phase), phase_name(worker->phase));
    else
        snprintf(result.message, sizeof result.message, "no end after %.3g s, at last %s; see --case-limit",
                 limits->whole, phase_sentence(worker->phase));
    append_last_line(&result, &worker->child);
    const enum status status = finish(pool, worker, &result);
    worker->state = EMPTY;
    return status;
}

/* ---- what workers say ---- */

static enum status take_ready(struct pool *pool, struct worker *worker, const json_t *message) {
    json_t *const refusal = json_object_get(message, "refused");
    if (refusal != NULL) {
        /* The first worker's: there is no such device, or none that can be used. */
        const enum status status = status_set(pool->device == NULL ? STATUS_USAGE : STATUS_DEVICE, "%s",
                                              json_is_string(refusal) ? json_string_value(refusal) : "");
        child_kill(&worker->child);
        worker->state = EMPTY;
        return pool->device != NULL && ++pool->failed_starts < FAILED_STARTS ? STATUS_OK : status;
    }
    json_t *device;
    if (json_need_object(&device, message, "ready", "worker") != STATUS_OK)
        return dismiss(pool, worker);
    if (pool->device == NULL)
        pool->device = json_incref(device);
    pool->failed_starts = 0;
    worker->state = IDLE;
    return STATUS_OK;
}

static enum status take_progress(struct pool *pool, struct worker *worker, const json_t *message) {
    const json_t *const phase = json_object_get(message, "phase");
    if (json_is_integer(phase) && json_integer_value(phase) >= 0 && json_integer_value(phase) < PHASE_COUNT) {
        worker->phase = (enum phase)json_integer_value(phase);
        worker->phase_since = clock_seconds();
        return STATUS_OK;
    }
    json_t *object;
    struct case_result result;
    if (json_need_object(&object, message, "result", "worker") != STATUS_OK ||
        result_from_json(&result, object, "worker") != STATUS_OK)
        return dismiss(pool, worker);
    const enum status status = finish(pool, worker, &result);
    if (json_is_true(json_object_get(message, "retire")) || worker->cases >= CASES_MOST) {
        child_kill(&worker->child);
        worker->state = EMPTY;
    }
    return status;
}

static enum status listen_to(struct pool *pool, struct worker *worker) {
    child_collect_output(&worker->child);
    if (channel_receive(&worker->child.channel, false) != STATUS_OK)
        return dismiss(pool, worker);
    while (worker->state != EMPTY) {
        json_t *message;
        if (channel_take(&worker->child.channel, &message) != STATUS_OK)
            return dismiss(pool, worker);
        if (message == NULL)
            break;
        enum status status = STATUS_OK;
        if (worker->state == STARTING)
            status = take_ready(pool, worker, message);
        else if (worker->state == BUSY)
            status = take_progress(pool, worker, message);
        json_decref(message);
        TRY(status);
    }
    return worker->state != EMPTY && worker->child.channel.ended ? bury(pool, worker) : STATUS_OK;
}

/* ---- giving work ---- */

static bool has_task(struct pool *pool, struct worker *worker) {
    if (!worker->has_ahead)
        worker->has_ahead =
            pool->client->next(pool->client->context, (unsigned)(worker - pool->workers), &worker->ahead);
    return worker->has_ahead;
}

static bool has_rerun(const struct pool *pool) {
    return pool->first_rerun < pool->rerun_count;
}

static enum status start(struct pool *pool, struct worker *worker) {
    TRY(child_start(&worker->child, pool->options.program));
    worker->state = STARTING;
    worker->cases = 0;
    worker->since = clock_seconds();
    /* One that is gone at once is noticed when it is listened to. */
    (void)!channel_send(&worker->child.channel, json_pack("{s:s?, s:b}", "device", pool->options.device,
                                                          "validate", (int)pool->options.validate));
    return STATUS_OK;
}

static void give(struct worker *worker, const struct job *job) {
    char seed[24];
    worker->job = *job;
    worker->state = BUSY;
    worker->phase = PHASE_PREPARE;
    worker->since = worker->phase_since = clock_seconds();
    child_clear_output(&worker->child);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)job->task.seed);
    (void)!channel_send(&worker->child.channel, json_pack("{s:s, s:s, s:s}", "case", job->task.name, "seed",
                                                          seed, "inject", inject_name(job->task.inject)));
}

static enum status feed(struct pool *pool, struct worker *worker) {
    const bool fresh = worker->cases == 0;
    if (worker->state == EMPTY && (has_rerun(pool) || has_task(pool, worker)))
        return start(pool, worker);
    if (worker->state != IDLE)
        return STATUS_OK;
    if (has_rerun(pool) && fresh) {
        give(worker, &pool->reruns[pool->first_rerun++]);
    } else if (has_task(pool, worker)) {
        give(worker, &(struct job){.task = worker->ahead});
        worker->has_ahead = false;
    } else if (has_rerun(pool)) {
        child_kill(&worker->child);
        worker->state = EMPTY;
        return start(pool, worker);
    }
    return STATUS_OK;
}

/* ---- the loop ---- */

static bool is_active(const struct worker *worker) {
    return worker->state == STARTING || worker->state == BUSY;
}

static void sleep_until_something(const struct pool *pool) {
    struct pollfd list[2 * POOL_WORKERS_MOST];
    double until = INFINITY;
    nfds_t count = 0;
    for (unsigned i = 0; i < pool->count; i++) {
        const struct worker *const worker = &pool->workers[i];
        if (worker->state == EMPTY)
            continue;
        list[count++] = (struct pollfd){.fd = worker->child.channel.descriptor, .events = POLLIN};
        list[count++] = (struct pollfd){.fd = worker->child.output, .events = POLLIN};
        until = fmin(until, deadline(pool, worker));
    }
    const double left = fmax(0, until - clock_seconds()) * 1000 + 1;
    poll(list, count, left < LONGEST_SLEEP ? (int)left : LONGEST_SLEEP);
}

static enum status turn(struct pool *pool, bool *active) {
    *active = false;
    for (unsigned i = 0; i < pool->count; i++) {
        TRY(feed(pool, &pool->workers[i]));
        *active = *active || is_active(&pool->workers[i]);
    }
    if (!*active)
        return STATUS_OK;
    sleep_until_something(pool);
    for (unsigned i = 0; i < pool->count; i++) {
        struct worker *const worker = &pool->workers[i];
        if (worker->state != EMPTY)
            TRY(listen_to(pool, worker));
        if (is_active(worker) && clock_seconds() >= deadline(pool, worker))
            TRY(stop_late(pool, worker));
    }
    return STATUS_OK;
}

static bool is_stopped(const struct pool *pool) {
    return pool->options.stop != NULL && *pool->options.stop != 0;
}

/* Results that wait for a second run which will not come. */
static enum status deliver_rest(struct pool *pool) {
    enum status status = STATUS_OK;
    for (; has_rerun(pool); pool->first_rerun++) {
        struct job *const job = &pool->reruns[pool->first_rerun];
        job->alone = false;
        if (status == STATUS_OK)
            status = deliver(pool, job, &job->first, job->first_output);
        free(job->first_output);
    }
    return status;
}

enum status pool_run(struct pool *pool, const struct pool_client *client) {
    pool->client = client;
    bool active = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && active && !is_stopped(pool))
        status = turn(pool, &active);
    char message[512];
    snprintf(message, sizeof message, "%s", status_message());
    const enum status rest = deliver_rest(pool);
    return status != STATUS_OK ? status_set(status, "%s", message) : rest;
}

/* ---- from beginning to end ---- */

static bool is_cpu(const struct pool *pool) {
    const char *const type = json_string_value(json_object_get(pool->device, "type"));
    return type != NULL && strcmp(type, "cpu") == 0;
}

/* A CPU device compiles and runs on the processors, along with everything else; and drivers for it compile at
 * the first dispatch. */
static void complete_limits(struct pool *pool) {
    struct pool_limits *const limits = &pool->options.limits;
    const double usual = is_cpu(pool) ? 300 : 60;
    limits->compile = limits->compile > 0 ? limits->compile : usual;
    limits->dispatch = limits->dispatch > 0 ? limits->dispatch : usual;
    limits->whole = limits->whole > 0 ? limits->whole : 15 * 60;
}

static unsigned choose_workers(const struct pool *pool) {
    if (pool->options.workers != 0)
        return pool->options.workers < POOL_WORKERS_MOST ? pool->options.workers : POOL_WORKERS_MOST;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!is_cpu(pool) || processors < 1)
        return 1;
    return processors < POOL_WORKERS_MOST ? (unsigned)processors : POOL_WORKERS_MOST;
}

static enum status start_first(struct pool *pool) {
    struct worker *const worker = &pool->workers[0];
    TRY(start(pool, worker));
    while (worker->state == STARTING && !is_stopped(pool)) {
        sleep_until_something(pool);
        TRY(listen_to(pool, worker));
        if (worker->state == STARTING && clock_seconds() >= deadline(pool, worker))
            TRY(stop_late(pool, worker));
    }
    return worker->state == IDLE ? STATUS_OK : status_set(STATUS_DEVICE, "interrupted");
}

enum status pool_create(struct pool **out, const struct pool_options *options) {
    TRY(memory_new(out, 1, sizeof **out));
    (*out)->options = *options;
    (*out)->count = 1;
    const enum status status = start_first(*out);
    if (status == STATUS_OK) {
        (*out)->count = choose_workers(*out);
        complete_limits(*out);
        return STATUS_OK;
    }
    pool_destroy(*out, (char[CHILD_END_TEXT]){0});
    *out = NULL;
    return status;
}

const json_t *pool_device(const struct pool *pool) {
    return pool->device;
}

unsigned pool_workers(const struct pool *pool) {
    return pool->count;
}

/* A worker that has nothing to do ends when its socket is closed, after it has closed its device. */
static void end_idle(struct worker *worker, char how[CHILD_END_TEXT]) {
    char end[CHILD_END_TEXT];
    channel_close(&worker->child.channel);
    child_await(&worker->child, end);
    if (strcmp(end, "ended by itself with exit status 0") != 0)
        memcpy(how, end, sizeof end);
}

void pool_destroy(struct pool *pool, char how[CHILD_END_TEXT]) {
    how[0] = '\0';
    if (pool == NULL)
        return;
    for (unsigned i = 0; i < pool->count; i++) {
        struct worker *const worker = &pool->workers[i];
        if (worker->state == IDLE)
            end_idle(worker, how);
        else if (worker->state != EMPTY)
            child_kill(&worker->child);
        free(worker->job.first_output);
    }
    json_decref(pool->device);
    free(pool);
}
