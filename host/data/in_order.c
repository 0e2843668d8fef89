#include "data/in_order.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_PER_THREAD = 8, THREADS_MAX = 1024 };

struct slot {
    bool done;
    enum status code;
    char *failure; /* the message, which belongs to the thread that made it; NULL when memory ran out */
};

struct run {
    const struct in_order *job;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t room, ready;
    size_t claimed, taken; /* items begun, items taken */
    bool stop;
    struct slot *slots; /* (slot_count): item i lies in slot i % slot_count */
    char *results;      /* (slot_count, job->size) */
    size_t slot_count;
    pthread_t *threads;
    uint32_t thread_count;
};

static void *result_of(const struct run *run, size_t index) {
    return run->results + index % run->slot_count * run->job->size;
}

/* Waits for an item to begin with; false when there is none left. */
static bool claim(struct run *run, size_t *index) {
    pthread_mutex_lock(&run->mutex);
    while (!run->stop && run->claimed < run->job->count && run->claimed - run->taken >= run->slot_count)
        pthread_cond_wait(&run->room, &run->mutex);
    const bool more = !run->stop && run->claimed < run->job->count;
    if (more)
        *index = run->claimed++;
    pthread_mutex_unlock(&run->mutex);
    return more;
}

static void *work(void *argument) {
    struct run *const run = argument;
    size_t index;
    while (claim(run, &index)) {
        struct slot *const slot = &run->slots[index % run->slot_count];
        slot->code = run->job->make(run->job->context, index, result_of(run, index));
        if (slot->code != STATUS_OK)
            (void)!memory_copy_text(&slot->failure, status_message());
        pthread_mutex_lock(&run->mutex);
        slot->done = true;
        pthread_cond_signal(&run->ready);
        pthread_mutex_unlock(&run->mutex);
    }
    return NULL;
}

static enum status take_next(struct run *run) {
    const size_t index = run->taken;
    struct slot *const slot = &run->slots[index % run->slot_count];
    pthread_mutex_lock(&run->mutex);
    while (!slot->done)
        pthread_cond_wait(&run->ready, &run->mutex);
    pthread_mutex_unlock(&run->mutex);
    if (slot->code != STATUS_OK)
        return status_set(slot->code, "%s", slot->failure ? slot->failure : "out of memory");
    TRY(run->job->take(run->job->context, index, result_of(run, index)));
    run->job->drop(result_of(run, index));
    memset(result_of(run, index), 0, run->job->size);
    pthread_mutex_lock(&run->mutex);
    slot->done = false;
    run->taken++;
    pthread_cond_signal(&run->room);
    pthread_mutex_unlock(&run->mutex);
    return STATUS_OK;
}

static enum status start(struct run *run) {
    const struct in_order *const job = run->job;
    const uint32_t threads = job->threads < 1 ? 1 : job->threads < THREADS_MAX ? job->threads : THREADS_MAX;
    run->slot_count = (size_t)threads * SLOTS_PER_THREAD;
    TRY(memory_new(&run->slots, run->slot_count, sizeof *run->slots));
    TRY(memory_new(&run->results, run->slot_count, job->size));
    TRY(memory_new(&run->threads, threads, sizeof *run->threads));
    while (run->thread_count < threads) {
        const int error = pthread_create(&run->threads[run->thread_count], NULL, work, run);
        if (error != 0)
            return status_set(STATUS_IO, "thread %u cannot be started: %s", run->thread_count,
                              strerror(error));
        run->thread_count++;
    }
    return STATUS_OK;
}

static void finish(struct run *run) {
    pthread_mutex_lock(&run->mutex);
    run->stop = true;
    pthread_cond_broadcast(&run->room);
    pthread_mutex_unlock(&run->mutex);
    for (uint32_t i = 0; i < run->thread_count; i++)
        pthread_join(run->threads[i], NULL);
    for (size_t i = 0; run->results != NULL && i < run->slot_count; i++) {
        run->job->drop(run->results + i * run->job->size);
        free(run->slots[i].failure);
    }
    free(run->slots);
    free(run->results);
    free(run->threads);
    pthread_mutex_destroy(&run->mutex);
    pthread_cond_destroy(&run->room);
    pthread_cond_destroy(&run->ready);
}

enum status in_order_run(const struct in_order *job) {
    struct run run = {.job = job};
    pthread_mutex_init(&run.mutex, NULL);
    pthread_cond_init(&run.room, NULL);
    pthread_cond_init(&run.ready, NULL);
    enum status code = start(&run);
    while (code == STATUS_OK && run.taken < job->count)
        code = take_next(&run);
    finish(&run);
    return code;
}
