#include "train/trainer.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "data/source.h"
#include "train/checkpoint.h"
#include "train/events.h"
#include "train/feed.h"
#include "train/log.h"
#include "train/recognise.h"
#include "train/report.h"
#include "train/sources.h"
#include "train/step_memory.h"
#include "train/weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps in a row whose gradient is not finite, after which a run has no hope. */
enum { MOST_BROKEN_STEPS = 10 };

struct run {
    const struct settings *settings;
    const struct train_options *options;
    struct train_options resumed; /* `options`, completed by `sources` */
    struct train_sources sources;
    struct data_set *set;
    struct data_charset charset;
    char *characters; /* of recognition: the set as a text, for checkpoints */
    struct train_feed *feed;
    struct train_step *step;
    struct file_log *log;
    struct events *events;
    struct train_report *report;
    uint64_t done;                 /* steps, those before a resume too */
    uint64_t first, steps, warmup; /* steps: resumed at, in all, of rising rate */
    uint64_t steps_per_epoch;
    struct checkpoint_scores scores;
    uint64_t broken; /* steps without a finite gradient, in a row */
};

static bool is_recognition(const struct run *run) {
    return run->settings->objective == SETTINGS_OBJECTIVE_RECOGNITION;
}

static bool is_stopping(const struct run *run) {
    return run->options->stop != NULL && *run->options->stop;
}

/* As many evaluations as the user is patient for have brought nothing better. */
static bool has_waited(const struct run *run) {
    return run->settings->patience > 0 && run->scores.waited >= (uint64_t)run->settings->patience;
}

static void say(const struct run *run, const char *text) {
    if (run->options->message != NULL)
        run->options->message(run->options->context, text);
}

static void report_message(void *context, const char *message) {
    say(context, message);
}

/* ---- starting ---- */

static enum status check_options(const struct run *run) {
    const struct settings *const settings = run->settings;
    const struct train_options *const options = run->options;
    const bool learns_features =
        (settings->objective == SETTINGS_OBJECTIVE_LMIM || settings->objective == SETTINGS_OBJECTIVE_MNSP) &&
        settings->mim_target == SETTINGS_MIM_FEATURES && settings->teacher_kind == SETTINGS_TEACHER_FROZEN;
    if (learns_features && options->teacher == NULL && !options->resume)
        return status_set(
            STATUS_USAGE,
            "a frozen teacher is needed: train one with 'mnsp pretrain --objective mae ...' and name "
            "its checkpoint with --teacher, or choose --teacher-kind momentum or --mim-target pixels");
    if (settings->patience > 0 && (options->validation_count == 0 || settings->evaluate_every == 0))
        return status_set(STATUS_USAGE,
                          "setting 'patience' needs scores to wait for: name labelled images with "
                          "--validation, and set --evaluate-every");
    return STATUS_OK;
}

static enum status check_folder(const struct run *run, const char *last) {
    if (!run->options->resume && file_exists(last))
        return status_set(STATUS_USAGE,
                          "%s is there already: --resume goes on with it, or choose another --out", last);
    if (run->options->resume && !file_exists(last))
        return status_set(STATUS_USAGE, "%s is missing, there is nothing to resume: leave --resume out",
                          last);
    return STATUS_OK;
}

/* A resumed run takes the images that it was started with, where none are named. */
static enum status complete_options(struct run *run) {
    struct train_options *const options = &run->resumed;
    if (!run->options->resume || (run->options->data_count > 0 && run->options->validation_count > 0))
        return STATUS_OK;
    const enum status status = train_sources_read(&run->sources, run->options->out);
    if (status != STATUS_OK)
        return run->options->data_count > 0 ? STATUS_OK : status_context(status, "--data is missing");
    *options = *run->options;
    run->options = options;
    if (options->data_count == 0) {
        options->data = run->sources.data;
        options->data_count = run->sources.data_count;
    }
    if (options->validation_count == 0) {
        options->validation = run->sources.validation;
        options->validation_count = run->sources.validation_count;
    }
    return STATUS_OK;
}

static enum status open_set(struct run *run) {
    const struct train_options *const options = run->options;
    const enum status status = data_set_open(&run->set, options->data, options->data_count);
    if (status == STATUS_OK || options->data != run->sources.data)
        return status;
    return status_context(status, "the images that the run was started with (--data names others)");
}

static enum status read_characters(struct run *run) {
    TRY(recogniser_read_charset(&run->charset, run->settings));
    return data_charset_text(&run->charset, &run->characters);
}

static enum status open_data(struct run *run) {
    const struct settings *const settings = run->settings;
    TRY(open_set(run));
    if (is_recognition(run))
        TRY(read_characters(run));
    const uint64_t images = data_set_epoch_count(run->set), batch = (uint64_t)settings->batch;
    if (images < batch)
        return status_set(STATUS_USAGE,
                          "the data holds %llu images, fewer than a batch of %llu: set a smaller --batch",
                          (unsigned long long)images, (unsigned long long)batch);
    run->steps_per_epoch = images / batch;
    run->steps =
        settings->steps ? (uint64_t)settings->steps : (uint64_t)settings->epochs * run->steps_per_epoch;
    run->warmup = settings->warmup_steps ? (uint64_t)settings->warmup_steps
                                         : (uint64_t)(settings->warmup_epochs * (double)run->steps_per_epoch);
    if (run->warmup > run->steps / 2)
        run->warmup = run->steps / 2;
    return STATUS_OK;
}

static enum status open_feed(struct run *run) {
    return train_feed_open(&run->feed, &(struct train_feed_options){.settings = run->settings,
                                                                    .set = run->set,
                                                                    .charset = &run->charset,
                                                                    .step = run->step,
                                                                    .first_step = run->first,
                                                                    .report = report_message,
                                                                    .context = run});
}

/* A recogniser with the same head goes on whole; of anything else, the encoder is taken. */
static enum status load_initial(const struct run *run, const char *path) {
    struct safetensors *file;
    TRY(safetensors_open(&file, path));
    const bool attention = run->settings->head == SETTINGS_HEAD_ATTENTION;
    const bool same_head = attention == (safetensors_find(file, "decoder.trg_word_emb.weight") != NULL);
    const bool whole =
        is_recognition(run) && same_head && safetensors_find(file, "decoder.classifier.weight") != NULL;
    const enum weights_kind kind = weights_used(run->settings);
    enum status status =
        whole
            ? weights_load(run->step->executor, run->step->graph, "", file, "", kind)
            : weights_load_encoder(run->step->executor, run->step->graph,
                                   objective_encoder_prefix(run->step->objective_settings.kind), file, kind);
    safetensors_close(file);
    return status;
}

static enum status load_teacher(const struct run *run, const char *path) {
    struct safetensors *file;
    TRY(safetensors_open(&file, path));
    const enum status status = weights_load_encoder(
        run->step->executor, run->step->graph, "model_maeenc_momentum.", file, weights_used(run->settings));
    safetensors_close(file);
    return status;
}

static enum status load_resumed(struct run *run, const char *last) {
    struct safetensors *file;
    struct checkpoint_state state;
    TRY(checkpoint_open(&file, &state, last));
    enum status status = STATUS_OK;
    if (run->settings->ema_decay > 0 && state.settings.ema_decay <= 0)
        status =
            status_set(STATUS_USAGE,
                       "%s: the run has no average of its weights: leave --ema-decay out, or start another "
                       "run from it with --init",
                       last);
    if (status == STATUS_OK)
        status = weights_load(run->step->executor, run->step->graph, "", file, "", WEIGHTS_LAST);
    if (status == STATUS_OK)
        status = weights_load_state(run->step->executor, run->step->graph, file);
    safetensors_close(file);
    run->first = run->done = state.step;
    run->scores = state.scores;
    return status;
}

static enum status load_weights(struct run *run, const char *last) {
    const struct train_options *const options = run->options;
    TRY(executor_initialise(run->step->executor, (uint64_t)run->settings->seed));
    if (options->resume)
        return load_resumed(run, last);
    if (options->init != NULL)
        TRY(load_initial(run, options->init));
    if (options->teacher != NULL)
        TRY(load_teacher(run, options->teacher));
    return executor_run(run->step->executor, run->step->start_segment);
}

static enum status open_folder(struct run *run) {
    const char *const out = run->options->out;
    TRY(file_remove_leftovers(out));
    char *json = NULL, *path = NULL;
    enum status status = settings_to_json(&json, run->settings);
    if (status == STATUS_OK)
        status = file_join(&path, out, "settings.json");
    if (status == STATUS_OK)
        status = file_replace(path, json, strlen(json));
    free(json);
    free(path);
    TRY(status);
    TRY(file_join(&path, out, "log.jsonl"));
    status = file_log_open(&run->log, path);
    free(path);
    TRY(status);
    TRY(events_open(&run->events, out, run->first));
    return train_log_start(run->log, &(struct train_log_start){.settings = run->settings,
                                                               .options = run->options,
                                                               .images = data_set_count(run->set),
                                                               .steps = run->steps,
                                                               .resumed_at = run->first});
}

static enum status open_report(struct run *run) {
    return train_report_open(&run->report, &(struct train_report_options){.settings = run->settings,
                                                                          .options = run->options,
                                                                          .set = run->set,
                                                                          .step = run->step,
                                                                          .log = run->log,
                                                                          .events = run->events,
                                                                          .steps = run->steps});
}

static void say_memory(const struct run *run) {
    const struct step_memory memory = step_memory_of_plan(executor_plan(run->step->executor));
    const double mebibyte = 1 << 20;
    char text[200];
    snprintf(
        text, sizeof text,
        "a step takes %.1f MiB: parameters %.1f, optimiser and outputs %.1f, inputs %.1f, activations %.1f",
        (double)memory.all / mebibyte, (double)memory.parameters / mebibyte, (double)memory.state / mebibyte,
        (double)memory.inputs / mebibyte, (double)memory.activations / mebibyte);
    say(run, text);
}

/* `kept`: the choices of tiles of the run that goes on; or NULL. */
static enum status create_step(struct run *run, const char *kept) {
    TRY(train_step_create(
        &run->step, run->settings,
        &(struct train_step_options){.batch = (size_t)settings_part_rows(run->settings),
                                     .parts = (size_t)run->settings->accumulate,
                                     .characters = run->charset.count,
                                     .device = run->options->device,
                                     .tiles = {.kept = kept, .report = report_message, .context = run}}));
    say_memory(run);
    return STATUS_OK;
}

static enum status open_step(struct run *run, const char *last) {
    struct safetensors *file = NULL;
    struct checkpoint_state state = {0};
    if (run->options->resume)
        TRY(checkpoint_open(&file, &state, last));
    const enum status status = create_step(run, state.tiles);
    safetensors_close(file);
    return status;
}

static enum status start(struct run *run, const char *last) {
    TRY(check_folder(run, last));
    TRY(complete_options(run));
    TRY(check_options(run));
    TRY(open_data(run));
    TRY(file_make_folders(run->options->out));
    TRY(open_step(run, last));
    TRY(load_weights(run, last));
    TRY(open_feed(run));
    TRY(open_folder(run));
    return open_report(run);
}

static void finish(struct run *run) {
    train_report_close(run->report);
    train_feed_close(run->feed);
    data_set_close(run->set);
    data_charset_free(&run->charset);
    free(run->characters);
    train_step_destroy(run->step);
    train_sources_free(&run->sources);
    events_close(run->events);
    if (run->log != NULL)
        file_log_close(run->log);
}

/* ---- stepping ---- */

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
        say(run, "the gradient is not finite, the step was left out");
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
        say(run, "stopped; --resume goes on from here");
    else if (has_waited(run))
        say(run, "no better score for as long as --patience says: the run ends");
    if (run->scores.words == 0)
        return;
    snprintf(text, sizeof text, "the best score, %.2f%%, was that of step %llu: " CHECKPOINT_BEST,
             100 * (double)run->scores.right / (double)run->scores.words,
             (unsigned long long)run->scores.step);
    say(run, text);
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
        say(run, "all its steps are done; --resume goes on with larger --steps or --epochs");
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
        say(run, text);
        TRY(train_log_skip(run->log, run->done, (enum data_problem)i, count));
    }
    return STATUS_OK;
}

enum status train_run(const struct settings *settings, const struct train_options *options) {
    struct run run = {.settings = settings, .options = options};
    char *last;
    TRY(file_join(&last, options->out, CHECKPOINT_LAST));
    enum status status = start(&run, last);
    free(last);
    if (status == STATUS_OK)
        status = run_steps(&run);
    if (status == STATUS_OK)
        status = report_problems(&run);
    if (status == STATUS_OK)
        train_report_page(run.report);
    finish(&run);
    return status;
}
