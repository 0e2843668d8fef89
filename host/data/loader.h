/* loader.h: batches of a data set, made by worker threads while the caller computes.
 *
 * Use:
 *
 *     const struct data_loader_settings settings = {
 *         .batch = 64, .height = 32, .width = 128, .seed = 1, .threads = 2,
 *         .order = DATA_SHUFFLED, .clean = true, .guidance = true, .first_step = resumed_at,
 *     };
 *     TRY(data_loader_open(&loader, set, &settings));
 *     for (uint64_t step = resumed_at; step < steps; step++) {
 *         const struct data_batch *batch;
 *         TRY(data_loader_next(loader, &batch));   // batch->image (64, 3, 32, 128)
 *         ...
 *     }
 *     data_loader_close(loader);
 *
 * What a batch holds depends on the set, the settings and its step, and on nothing else: not on the number
 * of threads, not on the step at which the loader was opened. So a resumed run needs its step only.
 *
 * DATA_SHUFFLED, for training: epoch e is the Fisher-Yates shuffle keyed by (seed, e), the images that do
 * not fill a last batch are left out, and there is no end. An image that cannot be used (it does not decode,
 * or, with a character set, its label is missing, bad or too long) is replaced by the next usable one of the
 * set. DATA_SEQUENTIAL, for evaluation: every image once, in order; unusable ones are left out of
 * their batch, so that a batch may have fewer rows, even none; over-long labels stay in.
 *
 * Caveats: one thread calls the loader. The set must outlive it.
 */
#ifndef MNSP_DATA_LOADER_H
#define MNSP_DATA_LOADER_H

#include "data/charset.h"
#include "data/source.h"
#include "data/view.h"

enum data_order { DATA_SHUFFLED, DATA_SEQUENTIAL };

/* Why an image was not used. */
enum data_problem { DATA_UNDECODABLE, DATA_UNLABELLED, DATA_LABEL_TOO_LONG, DATA_PROBLEM_COUNT };

enum {
    DATA_PROBLEMS_NAMED = 10,      /* so many are told to the callback; the rest is counted */
    DATA_RECOGNITION_VIEWS_MAX = 2 /* recognition views of one image */
};

struct data_loader_settings {
    size_t batch;           /* rows per batch */
    uint32_t height, width; /* of the views, 32 and 128 as published */
    uint64_t seed;
    uint32_t threads; /* workers, at least 1 */
    enum data_order order;
    uint64_t first_step; /* the step of the first batch; 0 unless resuming */

    bool clean;                 /* fill data_batch.image */
    bool guidance;              /* fill data_batch.guidance */
    uint32_t recognition_views; /* fill data_batch.recognition with so many views of each image */
    const struct data_view_chances *chances; /* of both; must outlive the loader; NULL: as published */

    /* With a character set, labels are needed: data_batch.label, .target and .length are filled. */
    const struct data_charset *charset; /* must outlive the loader; NULL: images alone */
    size_t target_steps;                /* T, 25 as published */

    /* Called by data_loader_next() for the first DATA_PROBLEMS_NAMED images found unusable; may be NULL. */
    void (*report)(void *context, const char *message);
    void *report_context;
};

/* One batch; what was not asked for is NULL. It belongs to the loader. */
struct data_batch {
    uint64_t step;
    uint32_t epoch;
    size_t count;       /* rows in use, B; all of settings.batch when shuffled */
    float *image;       /* (B, 3, height, width): resized and normalised */
    float *guidance;    /* (B, 3, height, width) */
    float *recognition; /* (views, settings.batch, 3, height, width) */
    char **label;       /* (B), UTF-8 */
    int32_t *target;    /* (B, T): indices, EOS, PAD */
    int32_t *length;    /* (B): characters and EOS */
    uint32_t *item;     /* (B): index in the data set */
};

struct data_loader;

/* Starts the workers. Errors: STATUS_USAGE for settings out of range, or a batch larger than a
 * shuffled set; STATUS_MEMORY; STATUS_IO when threads cannot be started. */
MNSP_NODISCARD enum status data_loader_open(struct data_loader **out, struct data_set *set,
                                            const struct data_loader_settings *settings);

/* The batch of the next step, valid until the next call; NULL behind the last one of a sequential pass.
 * Waits for the workers. Errors: STATUS_INVALID when no image of the set can be used, STATUS_MEMORY. */
MNSP_NODISCARD enum status data_loader_next(struct data_loader *loader, const struct data_batch **batch);

/* How many images were found unusable so far in the batches delivered, each counted once. */
size_t data_loader_problems(const struct data_loader *loader, enum data_problem problem);

/* Stops the workers and releases everything; NULL is fine. */
void data_loader_close(struct data_loader *loader);

#endif
