/* loader.c: a ring of batches, filled row by row.
 *
 * The workers share one cursor, (step, row), that runs at most the length of the ring ahead of the batch
 * the caller holds. A row is the unit of work, so that one batch is made by all of them and a large batch
 * needs no ring of many. */
#include "data/loader.h"

#include "base/memory.h"
#include "data/loader_row.h"
#include "data/mix.h"
#include "data/shuffle.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { FAILURE_SIZE = 1024, THREADS_MAX = 256 };

/* One batch in the making. Slot step % slot_count holds step. */
struct slot {
    struct data_batch batch;
    struct row *rows;
    size_t row_count, claimed, done;
    enum status code; /* the first failure of a row, and its message */
    char failure[FAILURE_SIZE];
};

struct data_loader {
    struct row_maker maker;
    uint64_t steps_per_epoch;
    size_t counts[DATA_PROBLEM_COUNT], usable;
    unsigned char *counted; /* (items): already in counts; the caller's thread alone uses it */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t work, ready;
    struct slot *slots;
    size_t slot_count;
    uint64_t held;    /* the caller's batch, or the next one before the first call */
    uint64_t claimed; /* the step whose rows are being given out */
    bool holding, stop;
    struct data_mix *mix; /* NULL when sequential, like order */
    uint32_t *order;      /* of the places of order_epoch */
    uint64_t order_epoch;

    pthread_t *threads;
    size_t thread_count;
};

/* ---- the workers ---- */

static bool behind_end(const struct data_loader *loader, uint64_t step) {
    return loader->maker.settings.order == DATA_SEQUENTIAL && step >= loader->steps_per_epoch;
}

/* Decides which items the claimed step is made of. */
static void begin_slot(struct data_loader *loader, struct slot *slot) {
    const struct data_loader_settings *const settings = &loader->maker.settings;
    const uint64_t epoch = loader->claimed / loader->steps_per_epoch;
    const uint64_t first = loader->claimed % loader->steps_per_epoch * settings->batch;
    const size_t count = loader->mix ? data_mix_count(loader->mix) : data_set_count(loader->maker.set);
    if (loader->mix != NULL && loader->order_epoch != epoch) {
        data_mix_begin(loader->mix, settings->seed, (uint32_t)epoch);
        data_shuffle(loader->order, (uint32_t)count, settings->seed, (uint32_t)epoch);
        loader->order_epoch = epoch;
    }
    slot->row_count = count - first < settings->batch ? (size_t)(count - first) : settings->batch;
    for (size_t i = 0; i < slot->row_count; i++) {
        struct data_mix_place place = {.item = (uint32_t)(first + i)};
        if (loader->mix != NULL)
            place = data_mix_at(loader->mix, loader->order[first + i]);
        slot->rows[i].start = place.item;
        slot->rows[i].copy = place.copy;
    }
    slot->batch.step = loader->claimed;
    slot->batch.epoch = (uint32_t)epoch;
    slot->done = 0;
    slot->code = STATUS_OK;
}

/* Takes the next row under the mutex; NULL when there is none to take now. */
static struct slot *claim_row(struct data_loader *loader, size_t *row) {
    if (loader->claimed >= loader->held + loader->slot_count || behind_end(loader, loader->claimed))
        return NULL;
    struct slot *const slot = &loader->slots[loader->claimed % loader->slot_count];
    if (slot->claimed == 0)
        begin_slot(loader, slot);
    *row = slot->claimed++;
    if (slot->claimed == slot->row_count) {
        slot->claimed = 0;
        loader->claimed++;
    }
    return slot;
}

static void *work(void *argument) {
    struct data_loader *const loader = argument;
    pthread_mutex_lock(&loader->mutex);
    while (!loader->stop) {
        size_t row;
        struct slot *const slot = claim_row(loader, &row);
        if (slot == NULL) {
            pthread_cond_wait(&loader->work, &loader->mutex);
            continue;
        }
        pthread_mutex_unlock(&loader->mutex);
        const enum status code = row_make(&loader->maker, &slot->batch, row, &slot->rows[row]);
        pthread_mutex_lock(&loader->mutex);
        if (code != STATUS_OK && slot->code == STATUS_OK) {
            slot->code = code;
            strncpy(slot->failure, status_message(), sizeof slot->failure - 1);
        }
        if (++slot->done == slot->row_count)
            pthread_cond_signal(&loader->ready);
    }
    pthread_mutex_unlock(&loader->mutex);
    return NULL;
}

/* ---- delivery ---- */

/* Counts the unusable items a row came across, each once for the life of the loader. Rows are looked at
 * in order, so that counts and messages do not depend on which worker was first. */
static void count_problems(struct data_loader *loader, const struct row *row) {
    const struct data_loader_settings *const settings = &loader->maker.settings;
    const size_t count = data_set_count(loader->maker.set);
    for (uint32_t i = 0; i < row->skipped; i++) {
        const uint32_t item = (uint32_t)(((uint64_t)row->start + i) % count);
        if (loader->counted[item])
            continue;
        loader->counted[item] = 1;
        loader->counts[loader->maker.known[item] - 1]++;
        size_t total = 0;
        for (int problem = 0; problem < DATA_PROBLEM_COUNT; problem++)
            total += loader->counts[problem];
        if (settings->report != NULL && total <= DATA_PROBLEMS_NAMED) {
            row_explain(&loader->maker, item);
            settings->report(settings->report_context, status_message());
        }
    }
}

/* Moves row `from` into the place of row `to`. */
static void move_row(const struct data_loader_settings *settings, struct data_batch *batch, size_t to,
                     size_t from) {
    const size_t planes = (size_t)3 * settings->height * settings->width, steps = settings->target_steps;
    if (batch->image != NULL)
        memcpy(&batch->image[to * planes], &batch->image[from * planes], planes * sizeof(float));
    if (batch->guidance != NULL)
        memcpy(&batch->guidance[to * planes], &batch->guidance[from * planes], planes * sizeof(float));
    for (size_t view = 0; view < settings->recognition_views; view++) {
        float *const rows = &batch->recognition[view * settings->batch * planes];
        memcpy(&rows[to * planes], &rows[from * planes], planes * sizeof(float));
    }
    if (batch->label != NULL) {
        char *const label = batch->label[to]; /* exchanged, so that each is still released once */
        batch->label[to] = batch->label[from];
        batch->label[from] = label;
        memcpy(&batch->target[to * steps], &batch->target[from * steps], steps * sizeof(int32_t));
        batch->length[to] = batch->length[from];
    }
    batch->item[to] = batch->item[from];
}

/* Counts problems and closes the gaps of a finished batch. */
static void finish_slot(struct data_loader *loader, struct slot *slot) {
    slot->batch.count = 0;
    for (size_t row = 0; row < slot->row_count; row++) {
        count_problems(loader, &slot->rows[row]);
        if (!slot->rows[row].filled)
            continue;
        if (slot->batch.count != row)
            move_row(&loader->maker.settings, &slot->batch, slot->batch.count, row);
        slot->batch.count++;
    }
    loader->usable += slot->batch.count;
}

/* Gives the held slot back to the workers and waits for the next one. */
static struct slot *await_slot(struct data_loader *loader) {
    pthread_mutex_lock(&loader->mutex);
    if (loader->holding) {
        loader->held++;
        loader->holding = false;
        pthread_cond_broadcast(&loader->work);
    }
    struct slot *slot = NULL;
    if (!behind_end(loader, loader->held)) {
        slot = &loader->slots[loader->held % loader->slot_count];
        while (loader->claimed <= loader->held || slot->done < slot->row_count)
            pthread_cond_wait(&loader->ready, &loader->mutex);
        loader->holding = true;
    }
    pthread_mutex_unlock(&loader->mutex);
    return slot;
}

enum status data_loader_next(struct data_loader *loader, const struct data_batch **batch) {
    *batch = NULL;
    struct slot *const slot = await_slot(loader);
    if (slot == NULL) {
        if (loader->usable > 0 || loader->maker.settings.first_step > 0)
            return STATUS_OK;
        row_explain(&loader->maker, 0);
        return status_context(STATUS_INVALID, "none of the %zu images of the data set can be used; the first",
                              data_set_count(loader->maker.set));
    }
    if (slot->code != STATUS_OK)
        return status_set(slot->code, "%s", slot->failure);
    finish_slot(loader, slot);
    *batch = &slot->batch;
    return STATUS_OK;
}

size_t data_loader_problems(const struct data_loader *loader, enum data_problem problem) {
    return loader->counts[problem];
}

/* ---- opening and closing ---- */

static enum status check_settings(const struct data_loader_settings *settings) {
    if (settings->batch == 0 || settings->batch > 1 << 20)
        return status_set(STATUS_USAGE, "a batch of %zu is out of range 1 .. %d", settings->batch, 1 << 20);
    if (settings->threads == 0 || settings->threads > THREADS_MAX)
        return status_set(STATUS_USAGE, "%u loader threads are out of range 1 .. %d", settings->threads,
                          THREADS_MAX);
    if (settings->height == 0 || settings->width == 0 || settings->height > 4096 || settings->width > 4096)
        return status_set(STATUS_USAGE, "an image size of %u x %u is out of range 1 .. 4096",
                          settings->height, settings->width);
    if (settings->recognition_views > DATA_RECOGNITION_VIEWS_MAX)
        return status_set(STATUS_USAGE, "%u recognition views are more than %d", settings->recognition_views,
                          DATA_RECOGNITION_VIEWS_MAX);
    if (settings->charset != NULL && (settings->target_steps < 3 || settings->target_steps > 4096))
        return status_set(STATUS_USAGE, "a label length of %zu is out of range 3 .. 4096",
                          settings->target_steps);
    return STATUS_OK;
}

/* What an epoch is: by the weights of the sources in random order, or every item once. */
static enum status lay_out(struct data_loader *loader) {
    const struct data_loader_settings *const settings = &loader->maker.settings;
    const size_t batch = settings->batch, items = data_set_count(loader->maker.set);
    if (settings->order == DATA_SEQUENTIAL) {
        loader->steps_per_epoch = (items + batch - 1) / batch;
        return STATUS_OK;
    }
    TRY(data_mix_open(&loader->mix, loader->maker.set));
    const size_t count = data_mix_count(loader->mix);
    loader->steps_per_epoch = count / batch;
    if (batch <= count)
        return STATUS_OK;
    return status_set(STATUS_USAGE,
                      "a batch of %zu is more than the %zu images of the data set; lower --batch", batch,
                      count);
}

static enum status slot_new(struct slot *slot, const struct data_loader_settings *settings) {
    struct data_batch *const batch = &slot->batch;
    const size_t rows = settings->batch, planes = (size_t)3 * settings->height * settings->width;
    TRY(memory_new(&slot->rows, rows, sizeof *slot->rows));
    TRY(memory_new(&batch->item, rows, sizeof *batch->item));
    if (settings->clean)
        TRY(memory_new(&batch->image, rows * planes, sizeof(float)));
    if (settings->guidance)
        TRY(memory_new(&batch->guidance, rows * planes, sizeof(float)));
    if (settings->recognition_views > 0)
        TRY(memory_new(&batch->recognition, settings->recognition_views * rows * planes, sizeof(float)));
    if (settings->charset != NULL) {
        TRY(memory_new(&batch->label, rows, sizeof *batch->label));
        TRY(memory_new(&batch->target, rows * settings->target_steps, sizeof *batch->target));
        TRY(memory_new(&batch->length, rows, sizeof *batch->length));
    }
    return STATUS_OK;
}

static void slot_free(struct slot *slot, size_t rows) {
    struct data_batch *const batch = &slot->batch;
    for (size_t row = 0; batch->label != NULL && row < rows; row++)
        free(batch->label[row]);
    free(batch->label);
    free(batch->target);
    free(batch->length);
    free(batch->image);
    free(batch->guidance);
    free(batch->recognition);
    free(batch->item);
    free(slot->rows);
}

static enum status allocate(struct data_loader *loader) {
    const struct data_loader_settings *const settings = &loader->maker.settings;
    const size_t count = data_set_count(loader->maker.set);
    TRY(memory_new(&loader->counted, count, 1));
    TRY(memory_new(&loader->maker.known, count, sizeof *loader->maker.known));
    if (loader->mix != NULL)
        TRY(memory_new(&loader->order, data_mix_count(loader->mix), sizeof *loader->order));
    loader->order_epoch = UINT64_MAX; /* no epoch yet */
    /* One batch held, one ready, one in the making; more when batches are small and workers many. */
    const size_t slots = 3 + 2 * settings->threads / settings->batch;
    TRY(memory_new(&loader->slots, slots, sizeof *loader->slots));
    loader->slot_count = slots;
    for (size_t i = 0; i < slots; i++)
        TRY(slot_new(&loader->slots[i], settings));
    return memory_new(&loader->threads, settings->threads, sizeof *loader->threads);
}

static enum status start_threads(struct data_loader *loader) {
    while (loader->thread_count < loader->maker.settings.threads) {
        const int error = pthread_create(&loader->threads[loader->thread_count], NULL, work, loader);
        if (error != 0)
            return status_set(STATUS_IO, "loader thread %zu cannot be started: %s", loader->thread_count,
                              strerror(error));
        loader->thread_count++;
    }
    return STATUS_OK;
}

enum status data_loader_open(struct data_loader **out, struct data_set *set,
                             const struct data_loader_settings *settings) {
    *out = NULL;
    TRY(check_settings(settings));
    struct data_loader *loader;
    TRY(memory_new(&loader, 1, sizeof *loader));
    loader->maker = (struct row_maker){.set = set, .settings = *settings};
    loader->held = loader->claimed = settings->first_step;
    pthread_mutex_init(&loader->mutex, NULL);
    pthread_cond_init(&loader->work, NULL);
    pthread_cond_init(&loader->ready, NULL);
    enum status code;
    TRY_GOTO(code, lay_out(loader), failed);
    TRY_GOTO(code, allocate(loader), failed);
    TRY_GOTO(code, start_threads(loader), failed);
    *out = loader;
    return STATUS_OK;
failed:
    data_loader_close(loader);
    return code;
}

void data_loader_close(struct data_loader *loader) {
    if (loader == NULL)
        return;
    pthread_mutex_lock(&loader->mutex);
    loader->stop = true;
    pthread_cond_broadcast(&loader->work);
    pthread_mutex_unlock(&loader->mutex);
    for (size_t i = 0; i < loader->thread_count; i++)
        pthread_join(loader->threads[i], NULL);
    for (size_t i = 0; i < loader->slot_count; i++)
        slot_free(&loader->slots[i], loader->maker.settings.batch);
    pthread_mutex_destroy(&loader->mutex);
    pthread_cond_destroy(&loader->work);
    pthread_cond_destroy(&loader->ready);
    free(loader->threads);
    free(loader->slots);
    free(loader->order);
    data_mix_close(loader->mix);
    free(loader->counted);
    free((void *)loader->maker.known);
    free(loader);
}
