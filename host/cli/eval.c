#include "cli/reading.h"

#include "train/evaluate.h"
#include "train/threads.h"

#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"data", "SOURCE",
     "a labelled test set: a folder with labels.tsv or an LMDB; may be given several times, each is a set of "
     "its own"},
    {"show", "N", "also list the first N words: what is written, what was read, with which confidence"},
    {"threads", "N", "threads that prepare images; default: one per processor"},
    CLI_READING_OPTIONS,
    {0},
};

/* The words of --show. */
struct shown {
    long long left;
    json_t *list; /* of {label, text, confidence} */
};

static void show_word(void *context, const char *label, const struct recogniser_reading *reading) {
    struct shown *const shown = context;
    if (shown->left <= 0)
        return;
    shown->left--;
    json_array_append_new(shown->list,
                          json_pack("{s:o, s:o, s:f}", "label", cli_json_text(label), "text",
                                    cli_json_text(reading->text), "confidence", (double)reading->confidence));
}

static void print_shown(const json_t *list) {
    size_t i;
    json_t *word;
    if (json_array_size(list) > 0)
        printf("%-25s %-25s %s\n", "written", "read", "confidence");
    json_array_foreach(list, i, word) {
        printf("%-25s %-25s %.4f\n", json_string_value(json_object_get(word, "label")),
               json_string_value(json_object_get(word, "text")),
               json_real_value(json_object_get(word, "confidence")));
    }
    if (json_array_size(list) > 0)
        printf("\n");
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

/* ---- the table ---- */

static int name_width(const struct evaluate_result *result) {
    size_t width = strlen("weighted average");
    for (size_t i = 0; i < result->count; i++)
        if (strlen(result->sets[i].name) > width)
            width = strlen(result->sets[i].name);
    return width < 60 ? (int)width : 60;
}

/* What the numbers do not say by themselves. */
static void print_notes(const struct evaluate_set *sum, int64_t places) {
    if (sum->too_long > 0)
        printf("%llu of the words have more than %lld characters, which the recogniser is not trained for: "
               "they count as errors\n",
               (unsigned long long)sum->too_long, (long long)places - 2);
    if (sum->undecodable + sum->unlabelled > 0)
        printf("%llu images could not be decoded and %llu have no usable label: they are not among the "
               "words\n",
               (unsigned long long)sum->undecodable, (unsigned long long)sum->unlabelled);
}

static void print_table(const struct evaluate_result *result, int64_t places) {
    const int width = name_width(result);
    printf("%-*s %8s %10s %15s\n", width, "test set", "words", "accuracy", "case-sensitive");
    for (size_t i = 0; i < result->count; i++) {
        const struct evaluate_set *const set = &result->sets[i];
        printf("%-*s %8llu %9.2f%% %14.2f%%\n", width, set->name, (unsigned long long)set->words,
               100 * evaluate_accuracy(set, EVALUATE_WAICS),
               100 * evaluate_accuracy(set, EVALUATE_CASE_SENSITIVE));
    }
    const struct evaluate_set sum = evaluate_sum(result);
    printf("%-*s %8s %9.2f%% %14.2f%%\n", width, "average", "",
           100 * evaluate_average(result, EVALUATE_WAICS),
           100 * evaluate_average(result, EVALUATE_CASE_SENSITIVE));
    printf("%-*s %8llu %9.2f%% %14.2f%%\n", width, "weighted average", (unsigned long long)sum.words,
           100 * evaluate_weighted_average(result, EVALUATE_WAICS),
           100 * evaluate_weighted_average(result, EVALUATE_CASE_SENSITIVE));
    print_notes(&sum, places);
}

/* ---- the same as JSON ---- */

static json_t *set_json(const struct evaluate_set *set) {
    return json_pack("{s:o, s:o, s:I, s:f, s:f, s:I, s:I, s:I}", "name", cli_json_text(set->name), "data",
                     cli_json_text(set->path), "words", (json_int_t)set->words, "accuracy",
                     evaluate_accuracy(set, EVALUATE_WAICS), "case_sensitive",
                     evaluate_accuracy(set, EVALUATE_CASE_SENSITIVE), "too_long", (json_int_t)set->too_long,
                     "undecodable", (json_int_t)set->undecodable, "unlabelled", (json_int_t)set->unlabelled);
}

static enum status print_json(const struct evaluate_result *result, const char *model,
                              const struct gpu_device *device, json_t *shown) {
    json_t *const sets = json_array();
    for (size_t i = 0; i < result->count; i++)
        json_array_append_new(sets, set_json(&result->sets[i]));
    const struct evaluate_set sum = evaluate_sum(result);
    return cli_print_json(
        json_pack("{s:o, s:s, s:I, s:f, s:f, s:f, s:f, s:o, s:O}", "model", cli_json_text(model), "device",
                  cli_device_name(device), "words", (json_int_t)sum.words, "average",
                  evaluate_average(result, EVALUATE_WAICS), "weighted_average",
                  evaluate_weighted_average(result, EVALUATE_WAICS), "average_case_sensitive",
                  evaluate_average(result, EVALUATE_CASE_SENSITIVE), "weighted_average_case_sensitive",
                  evaluate_weighted_average(result, EVALUATE_CASE_SENSITIVE), "sets", sets, "shown", shown));
}

/* ---- the command ---- */

static enum status score(const struct cli_values *values, struct recogniser *recogniser,
                         const struct gpu_device *device, struct shown *shown) {
    long long threads = 0;
    TRY(cli_number(values, "threads", 1, &threads));
    TRY(cli_number(values, "show", 0, &shown->left));
    struct evaluate_options evaluate = {.threads = train_threads(threads),
                                        .message = print_message,
                                        .progress = print_progress,
                                        .word = show_word,
                                        .context = shown};
    evaluate.data = cli_all(values, "data", &evaluate.data_count);
    struct evaluate_result result;
    TRY(evaluate_run(&result, recogniser, &evaluate));
    cli_show("%s", "");
    enum status status = STATUS_OK;
    if (cli_given(values, "json")) {
        status = print_json(&result, cli_text(values, "model"), device, shown->list);
    } else {
        print_shown(shown->list);
        print_table(&result, recogniser_settings(recogniser)->max_length);
    }
    evaluate_free(&result);
    return status;
}

static enum status run(const struct cli_values *values) {
    const char *model;
    TRY(cli_required(values, "model", &model));
    if (!cli_given(values, "data"))
        return status_set(STATUS_USAGE, "--data is missing: name a folder with labels.tsv or an LMDB");
    struct gpu_device *device;
    struct recogniser *recogniser;
    TRY(cli_device(values, &device));
    enum status status = cli_recogniser(values, SIZE_MAX, device, &recogniser);
    if (status == STATUS_OK) {
        struct shown shown = {.list = json_array()};
        status = score(values, recogniser, device, &shown);
        json_decref(shown.list);
        recogniser_close(recogniser);
    }
    gpu_device_close(device);
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
