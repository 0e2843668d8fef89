#include "train/feed.h"

#include "base/memory.h"
#include "train/threads.h"

#include <stdlib.h>
#include <string.h>

struct train_feed {
    const struct train_step *step;
    struct data_view_chances chances;
    size_t batch, views;
    struct data_loader *loader;
    const struct data_batch *current;
    int32_t *target, *length; /* (views, B, T), (views, B): the labels of each view, the same */
};

struct data_view_chances train_view_chances(const struct settings *settings) {
    return (struct data_view_chances){.geometry = (float)settings->augment_geometry,
                                      .deterioration = (float)settings->augment_deterioration,
                                      .colour = (float)settings->augment_colour,
                                      .least = (uint32_t)settings->min_augmentations};
}

static enum status open_loader(struct train_feed *feed, const struct train_feed_options *options) {
    const struct settings *const settings = options->settings;
    const bool recognition = settings->objective == SETTINGS_OBJECTIVE_RECOGNITION;
    const bool augment = recognition && settings->augment;
    const struct data_loader_settings loader = {
        .batch = feed->batch,
        .height = (uint32_t)settings->image_height,
        .width = (uint32_t)settings->image_width,
        .seed = (uint64_t)settings->seed,
        .threads = train_threads(settings->threads),
        .order = DATA_SHUFFLED,
        .first_step = options->first_step,
        .clean = !augment,
        .guidance = feed->step->objective.guidance != NULL,
        .recognition_views = augment ? (uint32_t)feed->views : 0,
        .chances = &feed->chances,
        .charset = recognition ? options->charset : NULL,
        .target_steps = (size_t)settings->max_length,
        .report = options->report,
        .report_context = options->context,
    };
    return data_loader_open(&feed->loader, options->set, &loader);
}

static enum status start(struct train_feed *feed, const struct train_feed_options *options) {
    const size_t rows = feed->batch * feed->views, places = (size_t)options->settings->max_length;
    if (feed->step->objective.target != NULL) {
        TRY(memory_new(&feed->target, rows * places, sizeof *feed->target));
        TRY(memory_new(&feed->length, rows, sizeof *feed->length));
    }
    return open_loader(feed, options);
}

enum status train_feed_open(struct train_feed **out, const struct train_feed_options *options) {
    const struct settings *const settings = options->settings;
    struct train_feed *feed;
    *out = NULL;
    TRY(memory_new(&feed, 1, sizeof *feed));
    feed->step = options->step;
    feed->batch = (size_t)settings->batch;
    feed->views = (size_t)settings_views(settings);
    feed->chances = train_view_chances(options->settings);
    const enum status status = start(feed, options);
    if (status != STATUS_OK) {
        train_feed_close(feed);
        return status;
    }
    *out = feed;
    return STATUS_OK;
}

void train_feed_close(struct train_feed *feed) {
    if (feed == NULL)
        return;
    data_loader_close(feed->loader);
    free(feed->target);
    free(feed->length);
    free(feed);
}

enum status train_feed_next(struct train_feed *feed) {
    TRY(data_loader_next(feed->loader, &feed->current));
    const struct tensor *const target = feed->step->objective.target;
    if (target == NULL)
        return STATUS_OK;
    const size_t symbols = feed->batch * target->shape.of[target->shape.rank - 1];
    for (size_t view = 0; view < feed->views; view++) {
        memcpy(feed->target + view * symbols, feed->current->target, symbols * sizeof *feed->target);
        memcpy(feed->length + view * feed->batch, feed->current->length, feed->batch * sizeof *feed->length);
    }
    return STATUS_OK;
}

/* The rows of a part, out of all rows of an input. */
static enum status write_rows(const struct train_feed *feed, const struct tensor *input, const void *rows,
                              size_t part) {
    if (input == NULL)
        return STATUS_OK;
    return executor_write(feed->step->executor, input, (const char *)rows + part * input->elements * 4);
}

enum status train_feed_write(struct train_feed *feed, size_t part) {
    const struct objective *const objective = &feed->step->objective;
    const struct data_batch *const batch = feed->current;
    TRY(write_rows(feed, objective->image, batch->recognition ? batch->recognition : batch->image, part));
    TRY(write_rows(feed, objective->guidance, batch->guidance, part));
    TRY(write_rows(feed, objective->target, feed->target, part));
    return write_rows(feed, objective->length, feed->length, part);
}

size_t train_feed_problems(const struct train_feed *feed, enum data_problem problem) {
    return data_loader_problems(feed->loader, problem);
}
