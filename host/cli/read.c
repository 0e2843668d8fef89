#include "cli/reading.h"

#include "base/memory.h"
#include "data/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct cli_option options[] = {
    CLI_READING_OPTIONS,
    {0},
};

/* Images on their way through a recogniser, a batch at a time. */
struct reading {
    struct recogniser *recogniser;
    const char *const *paths;
    size_t count, failed, done;
    json_t *list; /* of --json; NULL: lines are printed */

    size_t image_floats, waiting; /* numbers of an image; rows of `images` in use */
    float *images;                /* (B, 3, H, W) */
    const char **names;           /* (B) paths of the rows */
    struct recogniser_reading *texts;
    struct timespec begin;
};

static void show_progress(struct reading *r) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const double seconds =
        (double)(now.tv_sec - r->begin.tv_sec) + (double)(now.tv_nsec - r->begin.tv_nsec) * 1e-9;
    const double rate = seconds > 0 ? (double)r->done / seconds : 0;
    char left[CLI_TIME_SIZE];
    if (r->done < r->count)
        cli_show("%zu/%zu images  %.1f images/s  %s left", r->done, r->count, rate,
                 cli_time(rate > 0 ? (double)(r->count - r->done) / rate : 0, left));
    else
        cli_show("%s", "");
}

static void put(struct reading *r, const char *path, const struct recogniser_reading *reading) {
    if (r->list == NULL)
        printf("%s\t%s\t%.4f\n", path, reading->text, (double)reading->confidence);
    else
        json_array_append_new(r->list, json_pack("{s:o, s:o, s:f}", "image", cli_json_text(path), "text",
                                                 cli_json_text(reading->text), "confidence",
                                                 (double)reading->confidence));
}

/* Reads the images that wait. */
static enum status flush(struct reading *r) {
    if (r->waiting == 0)
        return STATUS_OK;
    TRY(recogniser_read(r->recogniser, r->images, r->waiting, r->texts));
    r->done += r->waiting;
    show_progress(r);
    for (size_t i = 0; i < r->waiting; i++)
        put(r, r->names[i], &r->texts[i]);
    recogniser_readings_free(r->texts, r->waiting);
    r->waiting = 0;
    return STATUS_OK;
}

static enum status load(const struct reading *r, const char *path, float *planes) {
    const struct settings *const settings = recogniser_settings(r->recogniser);
    struct data_image image;
    TRY(data_image_read(&image, path));
    const enum status status =
        data_view_clean(planes, &image, (uint32_t)settings->image_height, (uint32_t)settings->image_width);
    data_image_free(&image);
    return status;
}

/* A bad image is named and passed over; what came before it is printed first. */
static enum status pass_over(struct reading *r, const char *path) {
    json_t *const message = cli_json_text(status_message());
    char *text;
    TRY(memory_copy_text(&text, status_message()));
    const enum status status = flush(r);
    if (r->list != NULL)
        json_array_append_new(r->list,
                              json_pack("{s:o, s:o}", "image", cli_json_text(path), "error", message));
    else
        json_decref(message);
    fflush(stdout);
    cli_say("%s", text);
    free(text);
    r->failed++;
    r->done++;
    return status;
}

static enum status read_all(struct reading *r) {
    const size_t batch = recogniser_batch(r->recogniser);
    TRY(memory_new(&r->images, batch * r->image_floats, sizeof *r->images));
    TRY(memory_new(&r->names, batch, sizeof *r->names));
    TRY(memory_new(&r->texts, batch, sizeof *r->texts));
    for (size_t i = 0; i < r->count; i++) {
        const enum status status = load(r, r->paths[i], r->images + r->waiting * r->image_floats);
        if (status == STATUS_MEMORY)
            return status;
        if (status != STATUS_OK) {
            TRY(pass_over(r, r->paths[i]));
            continue;
        }
        r->names[r->waiting++] = r->paths[i];
        if (r->waiting == batch)
            TRY(flush(r));
    }
    return flush(r);
}

static enum status finish(struct reading *r, enum status status) {
    free(r->images);
    free(r->names);
    free(r->texts);
    if (status != STATUS_OK) {
        json_decref(r->list);
        return status;
    }
    if (r->list != NULL)
        TRY(cli_print_json(json_pack("{s:o}", "images", r->list)));
    if (r->failed > 0)
        return status_set(STATUS_INVALID, "%zu of %zu images could not be read", r->failed, r->count);
    return STATUS_OK;
}

static enum status read_with(const struct cli_values *values, struct recogniser *recogniser) {
    const struct settings *const settings = recogniser_settings(recogniser);
    struct reading r = {.recogniser = recogniser,
                        .image_floats = 3 * (size_t)settings->image_height * (size_t)settings->image_width,
                        .list = cli_given(values, "json") ? json_array() : NULL};
    r.paths = cli_operands(values, &r.count);
    clock_gettime(CLOCK_MONOTONIC, &r.begin);
    return finish(&r, read_all(&r));
}

static enum status run(const struct cli_values *values) {
    const char *model;
    size_t count;
    TRY(cli_required(values, "model", &model));
    cli_operands(values, &count);
    if (count == 0)
        return status_set(STATUS_USAGE, "no image is named; example: %s", command_read.example);
    struct gpu_device *device;
    struct recogniser *recogniser;
    TRY(cli_device(values, &device));
    enum status status = cli_recogniser(values, count, device, &recogniser);
    if (status == STATUS_OK) {
        status = read_with(values, recogniser);
        recogniser_close(recogniser);
    }
    gpu_device_close(device);
    return status;
}

const struct cli_command command_read = {
    .name = "read",
    .operands = "IMAGE ...",
    .summary = "read the words in images, with a confidence each",
    .example = "mnsp read --model recogniser/last.safetensors word.png",
    .options = options,
    .run = run,
};
