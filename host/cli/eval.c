#include "cli/eval_output.h"
#include "cli/json.h"
#include "cli/reading.h"

#include <stdio.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {"data", "SOURCE",
     "a labelled test set: a folder with labels.tsv or an LMDB; may be given several times, each is a set of "
     "its own"},
    {"confusions", "N", "list the N most frequent confusions of characters; default 10"},
    {"worst", "FILE.png", "list the worst mistakes, and draw them: image, label, reading, confidence"},
    {"worst-count", "N", "how many of them (at most 400); default 40"},
    {"show", "N", "also list the first N words: what is written, what was read, with which confidence"},
    CLI_READING_OPTIONS,
    {0},
};

enum { MOST_MISTAKES = 400 };

/* What is kept of the words while they are scored. */
struct scoring {
    const struct cli_values *values;
    const char *model;
    struct recogniser *recogniser;
    const struct gpu_device *device;
    long long show, confusions;
    json_t *shown;      /* of {label, text, confidence} */
    const char *sheet;  /* of --worst, or NULL */
    struct worst worst; /* with a sheet */
};

static enum status take_word(void *context, const struct evaluate_word *word) {
    struct scoring *const s = context;
    if (s->show > 0) {
        s->show--;
        json_array_append_new(s->shown, json_pack("{s:o, s:o, s:o}", "label", cli_json_text(word->label),
                                                  "text", cli_json_text(word->reading->text), "confidence",
                                                  cli_json_real((double)word->reading->confidence)));
    }
    return s->sheet != NULL ? worst_take(&s->worst, word) : STATUS_OK;
}

static void print_message(void *context, const char *text) {
    (void)context;
    cli_say("%s", text);
}

static void print_progress(void *context, const struct evaluate_progress *p) {
    (void)context;
    char left[CLI_TIME_SIZE];
    const double rate = p->seconds > 0 ? (double)p->images / p->seconds : 0;
    cli_show("%llu/%llu images  %.1f images/s  %s left", (unsigned long long)p->images,
             (unsigned long long)p->of, rate,
             cli_time(rate > 0 ? (double)(p->of - p->images) / rate : 0, left));
}

static enum status draw_sheet(const struct scoring *s) {
    struct lettering *lettering;
    struct data_image page;
    char title[64];
    snprintf(title, sizeof title, "the %zu worst of %llu mistakes", s->worst.count,
             (unsigned long long)s->worst.seen);
    TRY(lettering_open(&lettering));
    enum status status = worst_draw(&s->worst, lettering, title, &page);
    lettering_close(lettering);
    TRY(status);
    status = canvas_save(&page, s->sheet);
    data_image_free(&page);
    return status;
}

static enum status put_out(struct scoring *s, const struct evaluate_result *result) {
    if (s->sheet != NULL) {
        worst_sort(&s->worst);
        TRY(draw_sheet(s));
    }
    const struct eval_output output = {.result = result,
                                       .model = s->model,
                                       .device = cli_device_name(s->device),
                                       .places = recogniser_settings(s->recogniser)->max_length,
                                       .shown = s->shown,
                                       .confusions = (size_t)s->confusions,
                                       .worst = s->sheet != NULL ? &s->worst : NULL,
                                       .sheet = s->sheet};
    if (cli_given(s->values, "json"))
        return eval_output_json(&output);
    eval_output_text(&output);
    return STATUS_OK;
}

static enum status prepare(struct scoring *s) {
    long long most = 40;
    s->confusions = 10;
    TRY(cli_number(s->values, "show", 0, &s->show));
    TRY(cli_number(s->values, "confusions", 0, &s->confusions));
    TRY(cli_number(s->values, "worst-count", 1, &most));
    if (most > MOST_MISTAKES)
        return status_set(STATUS_USAGE, "--worst-count %lld: at most %d fit on a sheet", most, MOST_MISTAKES);
    s->sheet = cli_text(s->values, "worst");
    s->shown = json_array();
    return worst_open(&s->worst, recogniser_settings(s->recogniser), (size_t)most);
}

static enum status score(struct scoring *s) {
    TRY(prepare(s));
    struct evaluate_options evaluate = {
        .message = print_message, .progress = print_progress, .word = take_word, .context = s};
    TRY(cli_threads(s->values, &evaluate.threads));
    evaluate.data = cli_all(s->values, "data", &evaluate.data_count);
    struct evaluate_result result;
    TRY(evaluate_run(&result, s->recogniser, &evaluate));
    cli_show("%s", "");
    const enum status status = put_out(s, &result);
    evaluate_free(&result);
    return status;
}

static enum status score_model(const struct cli_values *values, const char *model) {
    struct gpu_device *device;
    struct recogniser *recogniser;
    TRY(cli_device(values, &device));
    enum status status = cli_recogniser(values, model, SIZE_MAX, device, &recogniser);
    if (status == STATUS_OK) {
        struct scoring scoring = {
            .values = values, .model = model, .recogniser = recogniser, .device = device};
        status = score(&scoring);
        json_decref(scoring.shown);
        worst_close(&scoring.worst);
        recogniser_close(recogniser);
    }
    gpu_device_close(device);
    return status;
}

static enum status run(const struct cli_values *values) {
    char *model;
    if (!cli_given(values, "data"))
        return status_set(STATUS_USAGE, "--data is missing: name a folder with labels.tsv or an LMDB");
    TRY(cli_model(values, &model));
    const enum status status = score_model(values, model);
    free(model);
    return status;
}

const struct cli_command command_eval = {
    .name = "eval",
    .operands = "",
    .summary = "score a recogniser on labelled test sets",
    .example = "mnsp eval --model recogniser/last.safetensors --data IIIT5K --data SVT",
    .options = options,
    .run = run,
};
