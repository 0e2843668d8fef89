#include "train/report.h"

#include "base/memory.h"
#include "train/attention.h"
#include "train/evaluate.h"
#include "train/log.h"
#include "train/page.h"
#include "train/picture.h"
#include "train/plot.h"
#include "train/threads.h"

#include <stdio.h>
#include <stdlib.h>

enum { PREVIEW_SAMPLES = 6, WORD_SAMPLES = 16, ATTENTION_SAMPLES = 6, VALIDATION_BATCH = 64 };

struct train_report {
    struct train_report_options given;
    struct lettering *lettering;
    /* made when they are first needed */
    struct picture_samples samples;
    struct picture_preview *preview;
    struct recogniser *recogniser;
    struct attention *attention;
};

bool train_is_due(uint64_t done, int64_t every) {
    return every > 0 && done % (uint64_t)every == 0;
}

static bool is_recognition(const struct train_report *report) {
    return report->given.settings->objective == SETTINGS_OBJECTIVE_RECOGNITION;
}

static void say(void *context, const char *text) {
    const struct train_options *const options = ((struct train_report *)context)->given.options;
    if (options->message != NULL)
        options->message(options->context, text);
}

static bool is_stopping(const struct train_report *report) {
    const struct train_options *const options = report->given.options;
    return options->stop != NULL && *options->stop;
}

/* ---- opening ---- */

/* Whether an image has a label; without one, the run would fail at its first evaluation. */
static enum status find_label(struct data_set *set, const char *path) {
    for (size_t i = 0; i < data_set_count(set); i++) {
        char *label = NULL;
        const bool found = data_set_label(set, i, &label) == STATUS_OK && label != NULL;
        free(label);
        if (found)
            return STATUS_OK;
    }
    return status_set(STATUS_INVALID, "%s: none of its images has a label", path);
}

static enum status check_validation(const struct train_options *options) {
    for (size_t i = 0; i < options->validation_count; i++) {
        struct data_set *set;
        enum status status = data_set_open(&set, &options->validation[i], 1);
        if (status == STATUS_OK) {
            status = find_label(set, options->validation[i]);
            data_set_close(set);
        }
        if (status != STATUS_OK)
            return status_context(status, "images to score on (--validation names others)");
    }
    return STATUS_OK;
}

static enum status start(struct train_report *report) {
    TRY(check_validation(report->given.options));
    if (report->given.settings->picture_every == 0)
        return STATUS_OK;
    char *folder;
    TRY(file_join(&folder, report->given.options->out, "pictures"));
    enum status status = file_make_folders(folder);
    if (status == STATUS_OK)
        status = file_remove_leftovers(folder);
    free(folder);
    TRY(status);
    return lettering_open(&report->lettering);
}

enum status train_report_open(struct train_report **out, const struct train_report_options *options) {
    *out = NULL;
    struct train_report *report;
    TRY(memory_new(&report, 1, sizeof *report));
    report->given = *options;
    const enum status status = start(report);
    if (status != STATUS_OK) {
        train_report_close(report);
        return status;
    }
    *out = report;
    return STATUS_OK;
}

void train_report_close(struct train_report *report) {
    if (report == NULL)
        return;
    picture_preview_close(report->preview);
    picture_samples_free(&report->samples);
    attention_close(report->attention);
    recogniser_close(report->recogniser);
    lettering_close(report->lettering);
    free(report);
}

/* ---- scores ---- */

/* The run's recogniser with the weights of this moment. */
static enum status take_recogniser(struct train_report *report) {
    const struct train_report_options *const given = &report->given;
    const size_t batch = given->options->validation_count > 0 ? VALIDATION_BATCH : WORD_SAMPLES;
    if (report->recogniser == NULL)
        TRY(recogniser_create(&report->recogniser, given->settings, batch, given->options->device,
                              given->step->tiles));
    return recogniser_take(report->recogniser, given->step->executor, given->step->graph);
}

static void tell_score(struct train_report *report, uint64_t done, const char *name,
                       const struct evaluate_set *set) {
    char text[256];
    snprintf(text, sizeof text, "step %llu  %s: %.2f%% of %llu words right, %.2f%% with case and symbols",
             (unsigned long long)done, name, 100 * evaluate_accuracy(set, EVALUATE_WAICS),
             (unsigned long long)set->words, 100 * evaluate_accuracy(set, EVALUATE_CASE_SENSITIVE));
    say(report, text);
}

static enum status tell_scores(struct train_report *report, uint64_t done,
                               const struct evaluate_result *result) {
    for (size_t i = 0; i < result->count; i++) {
        TRY(train_log_evaluate(report->given.log, done, &result->sets[i]));
        TRY(events_evaluation(report->given.events, done, &result->sets[i]));
        tell_score(report, done, result->sets[i].name, &result->sets[i]);
    }
    const struct evaluate_set sum = evaluate_sum(result);
    if (result->count > 1)
        tell_score(report, done, "all sets", &sum);
    return STATUS_OK;
}

static enum status evaluate(struct train_report *report, uint64_t done, struct checkpoint_scores *scores,
                            bool *improved) {
    const struct train_options *const options = report->given.options;
    struct evaluate_result result;
    TRY(take_recogniser(report));
    const enum status status =
        evaluate_run(&result, report->recogniser,
                     &(struct evaluate_options){.data = options->validation,
                                                .data_count = options->validation_count,
                                                .threads = train_threads(report->given.settings->threads),
                                                .stop = options->stop,
                                                .message = say,
                                                .context = report});
    if (status != STATUS_OK)
        return is_stopping(report) ? STATUS_OK : status;
    const struct evaluate_set sum = evaluate_sum(&result);
    *improved = checkpoint_count_score(scores, done, sum.right, sum.words);
    const enum status told = tell_scores(report, done, &result);
    evaluate_free(&result);
    return told;
}

/* ---- pictures ---- */

static enum status save(const struct train_report *report, struct data_image *page, const char *name) {
    char *path;
    enum status status = memory_format(&path, "%s/pictures/%s", report->given.options->out, name);
    if (status == STATUS_OK) {
        status = canvas_save(page, path);
        free(path);
    }
    data_image_free(page);
    return status;
}

/* Words of the first validation set, where there is one: they say more than those that are trained on. */
static enum status take_samples(struct train_report *report) {
    const struct train_report_options *const given = &report->given;
    if (report->samples.count > 0)
        return STATUS_OK;
    if (!is_recognition(report))
        return picture_samples_open(&report->samples, given->set, given->settings, PREVIEW_SAMPLES);
    if (given->options->validation_count == 0)
        return picture_samples_open(&report->samples, given->set, given->settings, WORD_SAMPLES);
    struct data_set *set;
    TRY(data_set_open(&set, given->options->validation, 1));
    const enum status status = picture_samples_open(&report->samples, set, given->settings, WORD_SAMPLES);
    data_set_close(set);
    return status;
}

static enum status take_attention(struct train_report *report) {
    const struct train_report_options *const given = &report->given;
    if (is_recognition(report))
        return report->attention != NULL
                   ? attention_take(report->attention)
                   : attention_open(&report->attention, report->recogniser, given->options->device);
    if (report->attention == NULL)
        TRY(attention_create(&report->attention, given->settings, given->options->device));
    return attention_copy(report->attention, given->step->executor, given->step->graph);
}

/* What is said of sample i: what was read, or in pre-training its label, and how much of it is text. */
static struct attention_word word_of(const struct picture_samples *samples, size_t i,
                                     const struct recogniser_reading *readings) {
    const size_t pixels = (size_t)samples->height * samples->width;
    struct attention_word word = {.image = samples->image + i * 3 * pixels};
    if (readings != NULL) {
        word.text = readings[i].text;
        return word;
    }
    word.text = samples->label[i] != NULL ? samples->label[i] : "(no label)";
    word.ink = samples->ink + i * pixels;
    word.ink_known = samples->ink_known[i];
    return word;
}

/* Where the network looks in the first samples, in the place of the page of an earlier step. readings
 * NULL: it does not read. */
static enum status draw_attention(struct train_report *report, const struct recogniser_reading *readings) {
    const struct picture_samples *const samples = &report->samples;
    const size_t count = samples->count < ATTENTION_SAMPLES ? samples->count : ATTENTION_SAMPLES;
    struct attention_word words[ATTENTION_SAMPLES] = {0};
    struct data_image page;
    enum status status = take_attention(report);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        words[i] = word_of(samples, i, readings);
        status = attention_see(report->attention, words[i].image, words[i].text, &words[i].maps);
    }
    if (status == STATUS_OK)
        status = attention_draw(words, count, report->given.settings, report->lettering, &page);
    if (status == STATUS_OK)
        status = save(report, &page, "attention.png");
    for (size_t i = 0; i < count; i++)
        attention_maps_free(&words[i].maps);
    return status;
}

static enum status draw_words(struct train_report *report, uint64_t done, const char *title,
                              struct data_image *page) {
    struct recogniser_reading *readings;
    TRY(take_recogniser(report));
    TRY(memory_new(&readings, report->samples.count, sizeof *readings));
    enum status status = picture_words_read(report->recogniser, &report->samples, readings);
    if (status == STATUS_OK)
        status = train_log_words(report->given.log, done, &report->samples, readings);
    if (status == STATUS_OK)
        status = draw_attention(report, readings);
    if (status == STATUS_OK)
        status = picture_words_draw(&report->samples, readings, report->lettering, title, page);
    recogniser_readings_free(readings, report->samples.count);
    free(readings);
    return status;
}

static enum status draw_samples(struct train_report *report, uint64_t done, struct data_image *page) {
    const struct train_report_options *const given = &report->given;
    char objective[SETTINGS_TEXT_SIZE], title[SETTINGS_TEXT_SIZE + 64];
    settings_format(given->settings, settings_find("objective"), objective);
    snprintf(title, sizeof title, "%s, step %llu of %llu", objective, (unsigned long long)done,
             (unsigned long long)given->steps);
    TRY(take_samples(report));
    if (is_recognition(report))
        return draw_words(report, done, title, page);
    if (report->preview == NULL)
        TRY(picture_preview_open(&report->preview, given->settings, &report->samples,
                                 given->options->device));
    TRY(draw_attention(report, NULL));
    return picture_preview_draw(report->preview, given->step->executor, given->step->graph, report->lettering,
                                title, page);
}

static enum status draw_curves(struct train_report *report) {
    struct data_image page;
    char *log;
    TRY(file_join(&log, report->given.options->out, "log.jsonl"));
    const enum status status = plot_log(&page, report->lettering, log);
    free(log);
    TRY(status);
    return save(report, &page, "curves.png");
}

static enum status draw(struct train_report *report, uint64_t done) {
    struct data_image page;
    char name[64], *path;
    TRY(draw_samples(report, done, &page));
    const uint32_t width = page.width, height = page.height;
    snprintf(name, sizeof name, "step-%08llu.png", (unsigned long long)done);
    TRY(save(report, &page, name));
    TRY(memory_format(&path, "%s/pictures/%s", report->given.options->out, name));
    const enum status status = events_picture_file(report->given.events, done, path, width, height);
    free(path);
    TRY(status);
    return draw_curves(report);
}

static void draw_or_tell(struct train_report *report, uint64_t done) {
    if (draw(report, done) == STATUS_OK)
        return;
    status_context(STATUS_IO, "no picture of step %llu", (unsigned long long)done);
    say(report, status_message());
}

/* ---- the page ---- */

void train_report_page(struct train_report *report) {
    const char *const out = report->given.options->out;
    char *path;
    enum status status = file_join(&path, out, PAGE_NAME);
    if (status == STATUS_OK) {
        status = page_write(out, path);
        free(path);
    }
    if (status == STATUS_OK)
        return;
    status_context(status, "no " PAGE_NAME);
    say(report, status_message());
}

static bool is_scored(const struct train_report *report, uint64_t done) {
    return is_recognition(report) && report->given.options->validation_count > 0 &&
           (done == report->given.steps || train_is_due(done, report->given.settings->evaluate_every));
}

static bool is_drawn(const struct train_report *report, uint64_t done) {
    const int64_t every = report->given.settings->picture_every;
    return every > 0 && (done == report->given.steps || train_is_due(done, every));
}

bool train_report_is_due(const struct train_report *report, uint64_t done) {
    return is_scored(report, done) || is_drawn(report, done);
}

enum status train_report_step(struct train_report *report, uint64_t done, struct checkpoint_scores *scores,
                              bool *improved) {
    *improved = false;
    if (is_scored(report, done))
        TRY(evaluate(report, done, scores, improved));
    if (is_drawn(report, done))
        draw_or_tell(report, done);
    if (train_report_is_due(report, done) &&
        done != report->given.steps) /* the last one comes with the run's end */
        train_report_page(report);
    return STATUS_OK;
}
