#include "train/evaluate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "data/loader.h"
#include "data/text.h"
#include "train/alignment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- scores ---- */

enum status evaluate_is_right(bool *out, const char *label, const char *reading) {
    char *a, *b;
    TRY(data_text_waics(&a, label));
    const enum status status = data_text_waics(&b, reading);
    if (status == STATUS_OK) {
        *out = strcmp(a, b) == 0;
        free(b);
    }
    free(a);
    return status;
}

enum status evaluate_judge(struct evaluate_verdict *out, const char *label, const char *reading,
                           size_t places) {
    *out = (struct evaluate_verdict){.too_long = !data_charset_fits(label, places)};
    if (out->too_long)
        return STATUS_OK;
    struct alignment alignment;
    TRY(evaluate_is_right(&out->right, label, reading));
    TRY(alignment_make(&alignment, label, reading));
    out->right_case = alignment.distance == 0;
    out->similarity = alignment_similarity(&alignment);
    alignment_free(&alignment);
    return STATUS_OK;
}

static void add_verdict(struct evaluate_set *set, const struct evaluate_verdict *verdict) {
    set->words++;
    set->too_long += verdict->too_long;
    set->right += verdict->right;
    set->right_case += verdict->right_case;
    set->similarity += verdict->similarity;
}

enum status evaluate_count(struct evaluate_set *set, const char *label, const char *reading, size_t places) {
    struct evaluate_verdict verdict;
    TRY(evaluate_judge(&verdict, label, reading, places));
    add_verdict(set, &verdict);
    return STATUS_OK;
}

double evaluate_accuracy(const struct evaluate_set *set, enum evaluate_score score) {
    const double sum = score == EVALUATE_WAICS            ? (double)set->right
                       : score == EVALUATE_CASE_SENSITIVE ? (double)set->right_case
                                                          : set->similarity;
    return set->words > 0 ? sum / (double)set->words : 0;
}

double evaluate_average(const struct evaluate_result *result, enum evaluate_score score) {
    double sum = 0;
    for (size_t i = 0; i < result->count; i++)
        sum += evaluate_accuracy(&result->sets[i], score);
    return result->count > 0 ? sum / (double)result->count : 0;
}

struct evaluate_set evaluate_sum(const struct evaluate_result *result) {
    struct evaluate_set sum = {0};
    for (size_t i = 0; i < result->count; i++) {
        const struct evaluate_set *const set = &result->sets[i];
        sum.words += set->words;
        sum.right += set->right;
        sum.right_case += set->right_case;
        sum.similarity += set->similarity;
        sum.too_long += set->too_long;
        sum.undecodable += set->undecodable;
        sum.unlabelled += set->unlabelled;
    }
    return sum;
}

/* ---- a pass over the sets ---- */

/* What a pass holds on to. */
struct pass {
    const struct evaluate_options *options;
    struct recogniser *recogniser;
    struct recogniser_reading *readings; /* (B) */
    struct data_set **sets;              /* (data_count), NULL once done with */
    struct confusions confusions;
    struct evaluate_progress progress;
    double begin;
};

static void report_image(void *context, const char *message) {
    const struct pass *const pass = context;
    if (pass->options->message != NULL)
        pass->options->message(pass->options->context, message);
}

static enum status open_loader(struct data_loader **out, struct pass *pass, struct data_set *data) {
    const struct settings *const settings = recogniser_settings(pass->recogniser);
    const struct data_loader_settings loader = {
        .batch = recogniser_batch(pass->recogniser),
        .height = (uint32_t)settings->image_height,
        .width = (uint32_t)settings->image_width,
        .threads = pass->options->threads,
        .order = DATA_SEQUENTIAL,
        .clean = true,
        .charset = recogniser_charset(pass->recogniser),
        .target_steps = (size_t)settings->max_length,
        .report = report_image,
        .report_context = pass,
    };
    return data_loader_open(out, data, &loader);
}

/* Row `row` of a batch, which has been read. */
static enum status count_word(struct pass *pass, struct evaluate_set *set, struct data_set *data,
                              const struct data_batch *batch, size_t row) {
    const struct settings *const settings = recogniser_settings(pass->recogniser);
    const size_t floats = (size_t)3 * (size_t)settings->image_height * (size_t)settings->image_width;
    struct evaluate_word word = {.label = batch->label[row],
                                 .reading = &pass->readings[row],
                                 .image = batch->image + row * floats,
                                 .set = data,
                                 .item = batch->item[row]};
    TRY(evaluate_judge(&word.verdict, word.label, word.reading->text, (size_t)settings->max_length));
    add_verdict(set, &word.verdict);
    if (!word.verdict.too_long)
        TRY(confusions_add(&pass->confusions, word.label, word.reading->text));
    return pass->options->word != NULL ? pass->options->word(pass->options->context, &word) : STATUS_OK;
}

static enum status count_batch(struct pass *pass, struct evaluate_set *set, struct data_set *data,
                               const struct data_batch *batch) {
    enum status status = STATUS_OK;
    TRY(recogniser_read(pass->recogniser, batch->image, batch->count, pass->readings));
    for (size_t i = 0; i < batch->count && status == STATUS_OK; i++)
        status = count_word(pass, set, data, batch, i);
    recogniser_readings_free(pass->readings, batch->count);
    return status;
}

static enum status one_batch(struct pass *pass, struct evaluate_set *set, struct data_set *data,
                             const struct data_batch *batch) {
    const struct evaluate_options *const options = pass->options;
    if (options->stop != NULL && *options->stop)
        return status_set(STATUS_INVALID, "stopped before every word was read");
    if (batch->count > 0)
        TRY(count_batch(pass, set, data, batch));
    return STATUS_OK;
}

static void tell_progress(struct pass *pass, uint64_t images) {
    pass->progress.images = images;
    pass->progress.seconds = clock_seconds() - pass->begin;
    if (pass->options->progress != NULL)
        pass->options->progress(pass->options->context, &pass->progress);
}

static enum status score_set(struct pass *pass, struct evaluate_set *set, struct data_set *data) {
    struct data_loader *loader;
    const uint64_t before = pass->progress.images, images = data_set_count(data);
    TRY(open_loader(&loader, pass, data));
    const uint64_t batch_size = recogniser_batch(pass->recogniser);
    const struct data_batch *batch;
    enum status status = data_loader_next(loader, &batch);
    while (status == STATUS_OK && batch != NULL) {
        const uint64_t done = (batch->step + 1) * batch_size;
        status = one_batch(pass, set, data, batch);
        tell_progress(pass, before + (done < images ? done : images));
        if (status == STATUS_OK)
            status = data_loader_next(loader, &batch);
    }
    set->undecodable = data_loader_problems(loader, DATA_UNDECODABLE);
    set->unlabelled = data_loader_problems(loader, DATA_UNLABELLED);
    data_loader_close(loader);
    return status;
}

/* All sets are opened before the first is read, so that a mistyped name shows at once. */
static enum status open_sets(struct pass *pass, struct evaluate_result *out) {
    for (size_t i = 0; i < pass->options->data_count; i++) {
        TRY(data_set_open(&pass->sets[i], &pass->options->data[i], 1));
        pass->progress.of += data_set_count(pass->sets[i]);
        const struct data_source_info info = data_set_source(pass->sets[i], 0);
        struct evaluate_set *const set = &out->sets[out->count++];
        TRY(memory_copy_text(&set->path, info.path));
        TRY(memory_copy_text(&set->name, info.name));
    }
    return STATUS_OK;
}

static enum status run(struct pass *pass, struct evaluate_result *out) {
    const size_t count = pass->options->data_count;
    TRY(memory_new(&out->sets, count, sizeof *out->sets));
    TRY(memory_new(&pass->sets, count, sizeof(struct data_set *)));
    TRY(memory_new(&pass->readings, recogniser_batch(pass->recogniser), sizeof *pass->readings));
    TRY(open_sets(pass, out));
    for (size_t i = 0; i < count; i++) {
        TRY(score_set(pass, &out->sets[i], pass->sets[i]));
        data_set_close(pass->sets[i]);
        pass->sets[i] = NULL;
    }
    return STATUS_OK;
}

enum status evaluate_run(struct evaluate_result *out, struct recogniser *recogniser,
                         const struct evaluate_options *options) {
    *out = (struct evaluate_result){0};
    struct pass pass = {.options = options, .recogniser = recogniser, .begin = clock_seconds()};
    const enum status status = run(&pass, out);
    confusions_sort(&pass.confusions);
    out->confusions = pass.confusions;
    for (size_t i = 0; pass.sets != NULL && i < options->data_count; i++)
        data_set_close(pass.sets[i]);
    free(pass.sets);
    free(pass.readings);
    if (status != STATUS_OK)
        evaluate_free(out);
    return status;
}

void evaluate_free(struct evaluate_result *result) {
    for (size_t i = 0; i < result->count; i++) {
        free(result->sets[i].path);
        free(result->sets[i].name);
    }
    free(result->sets);
    confusions_free(&result->confusions);
    *result = (struct evaluate_result){0};
}
