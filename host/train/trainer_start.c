/* trainer_start.c: a run from its options to its first step, and its end. */
#include "train/trainer_run.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/log.h"
#include "train/recognise.h"
#include "train/step_memory.h"
#include "train/weights.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_recognition(const struct run *run) {
    return run->settings->objective == SETTINGS_OBJECTIVE_RECOGNITION;
}

void trainer_say(const struct run *run, const char *text) {
    if (run->options->message != NULL)
        run->options->message(run->options->context, text);
}

static void report_message(void *context, const char *message) {
    trainer_say(context, message);
}

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
    trainer_say(run, text);
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

enum status trainer_start(struct run *run, const char *last) {
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

void trainer_finish(struct run *run) {
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
