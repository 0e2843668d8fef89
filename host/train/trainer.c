#include "train/trainer_run.h"

#include "base/clock.h"
#include "base/file.h"
#include "train/log.h"
#include "train/weights.h"

#include <stdio.h>
#include <stdlib.h>

/* Steps in a row whose gradient is not finite, after which a run has no hope. */
enum { MOST_BROKEN_STEPS = 10 };

static bool is_stopping(const struct run *run) {
    return run->options->stop != NULL && *run->options->stop;
}

/* As many evaluations as the user is patient for have brought nothing better. */
static bool has_waited(const struct run *run) {
    return run->settings->patience > 0 && run->scores.waited >= (uint64_t)run->settings->patience;
}

typedef enum status write_weights(struct executor *executor, const struct graph *graph, const char *folder,
                                  const struct checkpoint_state *state);

/* Tiles are chosen until the first evaluation, so what is known of them is asked for each time. */
static enum status write_checkpoint(const struct run *run, write_weights *write, const char *name) {
    struct checkpoint_state state = {.step = run->done,
                                     .epoch = run->done / run->steps_per_epoch,
                                     .scores = run->scores,
                                     .charset = run->characters,
                                     .settings = *run->settings};
    char *tiles;
    snprintf(state.program, sizeof state.program, "%s", run->options->program ? run->options->program : "");
    TRY(tiles_write(&tiles, run->step->tiles));
    state.tiles = tiles;
    const enum status status = write(run->step->executor, run->step->graph, run->options->out, &state);
    free(tiles);
    TRY(status);
    return train_log_checkpoint(run->log, run->done, name);
}

static enum status save(const struct run *run) {
    return write_checkpoint(run, weights_save, CHECKPOINT_LAST);
}

static enum status save_best(const struct run *run) {
    return write_checkpoint(run, weights_save_best, CHECKPOINT_BEST);
}

/* A gradient that is not finite is left out. With a loss that is scaled up this is how its scale is found; if
 * it stays so without a scale, the weights are beyond repair. */
static enum status check_finite(struct run *run, const struct train_result *result, uint64_t number) {
    run->broken = result->finite || result->scale > 1 ? 0 : run->broken + 1;
    if (run->broken == 1)
        trainer_say(run, "the gradient is not finite, the step was left out");
    if (run->broken < MOST_BROKEN_STEPS)
        return STATUS_OK;
    return status_set(STATUS_INVALID,
                      "the gradient has not been finite for %d steps up to step %llu: go on from an earlier "
                      "checkpoint with a lower --base-rate or with --clip-norm",
                      MOST_BROKEN_STEPS, (unsigned long long)number + 1);
}

/* When the run and the last line of the log began; `line` is without the time that reports took. */
struct clock {
    double begin, line;
    uint64_t line_step;
};

static enum status tell_step(struct run *run, struct clock *clock, struct train_progress *progress) {
    const double now = clock_seconds();
    const uint64_t done = progress->step;
    progress->logged = done == run->steps || train_is_due(done, run->settings->log_every);
    const double per_step = (now - clock->line) / (double)(done - clock->line_step);
    progress->images_per_second = (double)run->settings->batch / per_step;
    progress->seconds_left = (now - clock->begin) / (double)(done - run->first) * (double)(run->steps - done);
    if (progress->logged) {
        TRY(train_log_step(run->log, progress));
        TRY(events_step(run->events, progress));
        clock->line = now;
        clock->line_step = done;
    }
    if (run->options->progress != NULL)
        run->options->progress(run->options->context, progress);
    return STATUS_OK;
}

/* Hands step `number` to the device. */
static enum status start_step(struct run *run, uint64_t number) {
    TRY(train_feed_next(run->feed));
    TRY(train_step_begin(run->step, number, train_rate(run->settings, number, run->steps, run->warmup)));
    for (size_t part = 0; part < run->step->parts; part++) {
        TRY(train_feed_write(run->feed, part));
        TRY(train_step_part(run->step, part));
    }
    return train_step_update(run->step);
}

/* Waits for step `number`, and tells of it. */
static enum status end_step(struct run *run, uint64_t number, struct clock *clock) {
    struct train_progress progress = {.step = number + 1,
                                      .steps = run->steps,
                                      .epoch = number / run->steps_per_epoch,
                                      .train_step = run->step,
                                      .rate = train_rate(run->settings, number, run->steps, run->warmup)};
    TRY(train_step_result(run->step, number, &progress.result));
    run->done = number + 1;
    TRY(check_finite(run, &progress.result, number));
    return tell_step(run, clock, &progress);
}

/* Comes before the checkpoint of its step, which holds the scores. */
static enum status make_report(struct run *run, struct clock *clock) {
    const double before = clock_seconds();
    bool improved;
    TRY(train_report_step(run->report, run->done, &run->scores, &improved));
    if (improved)
        TRY(save_best(run));
    clock->line += clock_seconds() - before;
    return STATUS_OK;
}

static void tell_end(const struct run *run) {
    char text[160];
    if (is_stopping(run))
        trainer_say(run, "stopped; --resume goes on from here");
    else if (has_waited(run))
        trainer_say(run, "no better score for as long as --patience says: the run ends");
    if (run->scores.words == 0)
        return;
    snprintf(text, sizeof text, "the best score, %.2f%%, was that of step %llu: " CHECKPOINT_BEST,
             100 * (double)run->scores.right / (double)run->scores.words,
             (unsigned long long)run->scores.step);
    trainer_say(run, text);
}

static const char *end_reason(const struct run *run) {
    return run->done >= run->steps ? "done" : has_waited(run) ? "no better score" : "interrupted";
}

/* Whether step `number` must have ended before the next one is started: something is done with its
 * weights, or it may be the last one. */
static bool is_milestone(const struct run *run, uint64_t number) {
    const uint64_t done = number + 1;
    return done == run->steps || is_stopping(run) || train_is_due(done, run->settings->checkpoint_every) ||
           train_report_is_due(run->report, done);
}

/* What was learned is kept where it cannot be scored. */
static enum status save_unscored(struct run *run, enum status status) {
    char why[STATUS_MESSAGE_SIZE];
    snprintf(why, sizeof why, "%s", status_message());
    const bool saved = save(run) == STATUS_OK;
    return status_set(status, "%s%s", why, saved ? "; what was learned is in " CHECKPOINT_LAST : "");
}

/* What comes after some steps, when nothing is under way; `over`: the run ends here. */
static enum status take_milestone(struct run *run, struct clock *clock, bool *over) {
    const enum status status = is_stopping(run) ? STATUS_OK : make_report(run, clock);
    if (status != STATUS_OK)
        return save_unscored(run, status);
    *over = is_stopping(run) || has_waited(run) || run->done == run->steps;
    if (*over || train_is_due(run->done, run->settings->checkpoint_every))
        return save(run);
    return STATUS_OK;
}

/* The device computes step `number` while the host waits for the one before, tells of it, and makes the
 * next. */
static enum status run_steps(struct run *run) {
    struct clock clock = {.begin = clock_seconds(), .line = clock_seconds(), .line_step = run->first};
    if (run->first > run->scores.evaluated) /* the run may have been interrupted before it was evaluated */
        TRY(make_report(run, &clock));
    bool over = has_waited(run);
    if (run->first >= run->steps)
        trainer_say(run, "all its steps are done; --resume goes on with larger --steps or --epochs");
    for (uint64_t number = run->first; number < run->steps && !over; number++) {
        TRY(start_step(run, number));
        if (number > run->done)
            TRY(end_step(run, number - 1, &clock));
        if (!is_milestone(run, number))
            continue;
        TRY(end_step(run, number, &clock));
        TRY(take_milestone(run, &clock, &over));
    }
    tell_end(run);
    return train_log_end(run->log, run->done, clock_seconds() - clock.begin, end_reason(run));
}

/* What could not be used, once more and in all. */
static enum status report_problems(const struct run *run) {
    static const char *const words[DATA_PROBLEM_COUNT] = {
        "images could not be decoded", "images have no usable label", "labels are too long"};
    for (int i = 0; i < DATA_PROBLEM_COUNT; i++) {
        const size_t count = train_feed_problems(run->feed, (enum data_problem)i);
        char text[128];
        snprintf(text, sizeof text, "%zu %s and were left out", count, words[i]);
        if (count == 0)
            continue;
        trainer_say(run, text);
        TRY(train_log_skip(run->log, run->done, (enum data_problem)i, count));
    }
    return STATUS_OK;
}

enum status train_run(const struct settings *settings, const struct train_options *options) {
    struct run run = {.settings = settings, .options = options};
    char *last;
    TRY(file_join(&last, options->out, CHECKPOINT_LAST));
    enum status status = trainer_start(&run, last);
    free(last);
    if (status == STATUS_OK)
        status = run_steps(&run);
    if (status == STATUS_OK)
        status = report_problems(&run);
    if (status == STATUS_OK)
        train_report_page(run.report);
    trainer_finish(&run);
    return status;
}
