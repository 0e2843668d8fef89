#include "cli/read_attention.h"
#include "cli/read_inputs.h"
#include "cli/read_output.h"
#include "cli/reading.h"

#include "base/clock.h"
#include "base/memory.h"
#include "data/in_order.h"
#include "data/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"format", "text|tsv|jsonl|json",
     "how readings are printed: lines for people, a table with a confidence per character, objects a line, "
     "or one "
     "object; default text"},
    {"attention", "FILE.png",
     "draw where the recogniser looks in the first 40 images: its encoder's class token, and its decoder for "
     "each character"},
    CLI_READING_OPTIONS,
    {0},
};

/* An image as a thread prepares it. */
struct prepared {
    char *name;
    float *planes; /* (3, H, W); NULL where there is no usable image */
    char *message; /* why */
};

/* Images on their way through a recogniser, a batch at a time. */
struct reading {
    struct recogniser *recogniser;
    const struct read_inputs *inputs;
    struct read_output output;
    struct read_attention *attention; /* NULL: not asked for */
    size_t failed, done;

    size_t image_floats, waiting; /* numbers of an image; rows of `images` in use */
    float *images;                /* (B, 3, H, W) */
    char **names;                 /* (B) of the rows */
    struct recogniser_reading *texts;
    double begin;
};

static void show_progress(const struct reading *r) {
    const double seconds = clock_seconds() - r->begin;
    const double rate = seconds > 0 ? (double)r->done / seconds : 0;
    const size_t count = read_inputs_count(r->inputs);
    if (r->done == count) {
        cli_show("%s", "");
        return;
    }
    char left[CLI_TIME_SIZE];
    cli_show("%zu/%zu images  %.1f images/s  %s left", r->done, count, rate,
             cli_time(rate > 0 ? (double)(count - r->done) / rate : 0, left));
}

static void forget_names(struct reading *r) {
    for (size_t i = 0; i < r->waiting; i++)
        free(r->names[i]);
    r->waiting = 0;
}

/* Reads the images that wait. */
static enum status flush(struct reading *r) {
    if (r->waiting == 0)
        return STATUS_OK;
    TRY(recogniser_read(r->recogniser, r->images, r->waiting, r->texts));
    r->done += r->waiting;
    show_progress(r);
    enum status status = read_attention_add(r->attention, r->images, r->waiting, r->texts);
    for (size_t i = 0; i < r->waiting && status == STATUS_OK; i++)
        status = read_output_reading(&r->output, r->names[i], &r->texts[i]);
    recogniser_readings_free(r->texts, r->waiting);
    forget_names(r);
    return status;
}

/* ---- preparing, on any thread ---- */

static enum status load(const struct reading *r, size_t i, float *planes) {
    const struct settings *const settings = recogniser_settings(r->recogniser);
    struct data_image image;
    TRY(read_inputs_image(r->inputs, i, &image));
    const enum status status =
        data_view_clean(planes, &image, (uint32_t)settings->image_height, (uint32_t)settings->image_width);
    data_image_free(&image);
    return status;
}

static enum status prepare(void *context, size_t i, void *result) {
    const struct reading *const r = context;
    struct prepared *const prepared = result;
    TRY(read_inputs_name(r->inputs, i, &prepared->name));
    TRY(memory_new(&prepared->planes, r->image_floats, sizeof *prepared->planes));
    const enum status status = load(r, i, prepared->planes);
    if (status == STATUS_OK || status == STATUS_MEMORY)
        return status;
    free(prepared->planes);
    prepared->planes = NULL;
    return memory_copy_text(&prepared->message, status_message());
}

static void drop(void *result) {
    struct prepared *const prepared = result;
    free(prepared->name);
    free(prepared->planes);
    free(prepared->message);
}

/* ---- taking, in order ---- */

/* A bad image is named and passed over; what came before it is printed first. */
static enum status pass_over(struct reading *r, const struct prepared *prepared) {
    TRY(flush(r));
    r->failed++;
    r->done++;
    return read_output_error(&r->output, prepared->name, prepared->message);
}

static enum status take(void *context, size_t i, void *result) {
    struct reading *const r = context;
    struct prepared *const prepared = result;
    (void)i;
    if (prepared->planes == NULL)
        return pass_over(r, prepared);
    memcpy(r->images + r->waiting * r->image_floats, prepared->planes, r->image_floats * sizeof *r->images);
    r->names[r->waiting++] = prepared->name;
    prepared->name = NULL;
    return r->waiting == recogniser_batch(r->recogniser) ? flush(r) : STATUS_OK;
}

static enum status read_all(struct reading *r, uint32_t threads) {
    const size_t count = read_inputs_count(r->inputs);
    const struct in_order job = {.count = count,
                                 .threads = threads < count ? threads : (uint32_t)count,
                                 .size = sizeof(struct prepared),
                                 .make = prepare,
                                 .take = take,
                                 .drop = drop,
                                 .context = r};
    const size_t batch = recogniser_batch(r->recogniser);
    TRY(memory_new(&r->images, batch * r->image_floats, sizeof *r->images));
    TRY(memory_new(&r->names, batch, sizeof *r->names));
    TRY(memory_new(&r->texts, batch, sizeof *r->texts));
    TRY(in_order_run(&job));
    TRY(flush(r));
    TRY(read_attention_finish(r->attention));
    return read_output_finish(&r->output);
}

static enum status read_with(const struct cli_values *values, const struct read_inputs *inputs,
                             struct recogniser *recogniser, struct gpu_device *device) {
    const struct settings *const settings = recogniser_settings(recogniser);
    struct reading r = {.recogniser = recogniser,
                        .inputs = inputs,
                        .image_floats = 3 * (size_t)settings->image_height * (size_t)settings->image_width};
    uint32_t threads;
    TRY(cli_threads(values, &threads));
    r.begin = clock_seconds();
    enum status status = read_output_open(&r.output, values);
    if (status == STATUS_OK)
        status = read_attention_open(&r.attention, values, recogniser, device);
    if (status == STATUS_OK)
        status = read_all(&r, threads);
    forget_names(&r);
    read_output_close(&r.output);
    read_attention_close(r.attention);
    free(r.images);
    free(r.names);
    free(r.texts);
    if (status == STATUS_OK && r.failed > 0)
        return status_set(STATUS_INVALID, "%zu of %zu images could not be read", r.failed,
                          read_inputs_count(inputs));
    return status;
}

static enum status read_inputs(const struct cli_values *values, const char *model,
                               const struct read_inputs *inputs) {
    struct gpu_device *device;
    struct recogniser *recogniser;
    TRY(cli_device(values, &device));
    enum status status = cli_recogniser(values, model, read_inputs_count(inputs), device, &recogniser);
    if (status == STATUS_OK) {
        status = read_with(values, inputs, recogniser, device);
        recogniser_close(recogniser);
    }
    gpu_device_close(device);
    return status;
}

static enum status run(const struct cli_values *values) {
    char *model;
    size_t count;
    const char *const *const operands = cli_operands(values, &count);
    if (count == 0)
        return status_set(STATUS_USAGE, "no image is named; example: %s", command_read.example);
    struct read_inputs *inputs;
    TRY(cli_model(values, &model));
    enum status status = read_inputs_open(&inputs, operands, count);
    if (status == STATUS_OK) {
        status = read_inputs(values, model, inputs);
        read_inputs_close(inputs);
    }
    free(model);
    return status;
}

const struct cli_command command_read = {
    .name = "read",
    .operands = "IMAGE|FOLDER|LIST ...",
    .summary = "read the words in images, with a confidence each",
    .example = "mnsp read word.png",
    .options = options,
    .run = run,
};
