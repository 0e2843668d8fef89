/* feed.h: the images of a training run, batch by batch, into the inputs of its step.
 *
 *     const struct train_feed_options options = {.settings = &settings, .set = set, .step = step};
 *     TRY(train_feed_open(&feed, &options));
 *     TRY(train_feed_next(feed));                        waits for the batch of the next step
 *     for (size_t part = 0; part < step->parts; part++) {
 *         TRY(train_feed_write(feed, part));
 *         TRY(train_step_part(step, part));
 *     }
 *     train_feed_close(feed);
 *
 * The rows of a step are its images, or, with two views, the first views of all of them and then the second
 * ones; a part is the next so many of the rows. What a step sees depends on the seed and its number only.
 */
#ifndef MNSP_TRAIN_FEED_H
#define MNSP_TRAIN_FEED_H

#include "data/loader.h"
#include "data/view.h"
#include "train/step.h"

struct train_feed_options {
    const struct settings *settings;
    struct data_set *set;
    const struct data_charset *charset; /* of recognition */
    struct train_step *step;
    uint64_t first_step;                                /* 0 unless resuming */
    void (*report)(void *context, const char *message); /* images that cannot be used; may be NULL */
    void *context;
};

struct train_feed;

/* How much the settings ask the views of an image to be changed. */
struct data_view_chances train_view_chances(const struct settings *settings);

/* What the options point to must outlive the feed. Errors: those of data_loader_open(). */
MNSP_NODISCARD enum status train_feed_open(struct train_feed **out, const struct train_feed_options *options);
void train_feed_close(struct train_feed *feed);

/* Takes the batch of the next step. Errors: those of data_loader_next(). */
MNSP_NODISCARD enum status train_feed_next(struct train_feed *feed);
/* Writes the rows of a part of it. */
MNSP_NODISCARD enum status train_feed_write(struct train_feed *feed, size_t part);

/* Images that could not be used so far. */
size_t train_feed_problems(const struct train_feed *feed, enum data_problem problem);

#endif
