/* bench_read.c: how fast a recogniser reads rendered words, symbol by symbol where its head does. */
#include "cli/bench.h"
#include "cli/read_inputs.h"
#include "cli/tiles.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/json.h"
#include "data/view.h"
#include "train/recognise.h"

#include <stdio.h>
#include <stdlib.h>

enum { STANDARD_REPEAT = 5, STANDARD_BATCH = 8 };

struct reading {
    struct recogniser *recogniser;
    size_t batch, repeat, characters; /* characters: of one run */
    double milliseconds;              /* median of a run */
};

/* (B, 3, H, W): words as photographs show them, so that texts end where they do in use. */
static enum status draw_words(const struct reading *r, float *images) {
    const struct settings *const settings = recogniser_settings(r->recogniser);
    const uint32_t height = (uint32_t)settings->image_height, width = (uint32_t)settings->image_width;
    char source[64];
    struct read_inputs *inputs;
    snprintf(source, sizeof source, "render:count=%zu,seed=1", r->batch);
    TRY(read_inputs_open(&inputs, (const char *const[]){source}, 1));
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < r->batch; i++) {
        struct data_image image;
        status = read_inputs_image(inputs, i, &image);
        if (status == STATUS_OK) {
            status = data_view_clean(images + i * 3 * height * width, &image, height, width);
            data_image_free(&image);
        }
    }
    read_inputs_close(inputs);
    return status;
}

static enum status read_once(struct reading *r, const float *images, struct recogniser_reading *texts) {
    TRY(recogniser_read(r->recogniser, images, r->batch, texts));
    r->characters = 0;
    for (size_t i = 0; i < r->batch; i++)
        r->characters += texts[i].characters;
    recogniser_readings_free(texts, r->batch);
    return STATUS_OK;
}

/* One run more than those measured comes first: it makes the driver compile and allocate. */
static enum status time_runs(struct reading *r, const float *images, struct recogniser_reading *texts,
                             double *times) {
    for (size_t i = 0; i < r->repeat + 1; i++) {
        const double begin = clock_seconds();
        TRY(read_once(r, images, texts));
        if (i > 0)
            times[i - 1] = 1e3 * (clock_seconds() - begin);
    }
    r->milliseconds = cli_median(times, r->repeat);
    return STATUS_OK;
}

static enum status measure(struct reading *r) {
    const struct settings *const settings = recogniser_settings(r->recogniser);
    float *images = NULL;
    double *times = NULL;
    struct recogniser_reading *texts = NULL;
    enum status status = memory_new(
        &images, r->batch * 3 * (size_t)(settings->image_height * settings->image_width), sizeof *images);
    if (status == STATUS_OK)
        status = memory_new(&times, r->repeat, sizeof *times);
    if (status == STATUS_OK)
        status = memory_new(&texts, r->batch, sizeof *texts);
    if (status == STATUS_OK)
        status = draw_words(r, images);
    if (status == STATUS_OK)
        status = time_runs(r, images, texts, times);
    free(images);
    free(times);
    free(texts);
    return status;
}

static json_t *reading_json(const char *path, const struct gpu_device *device, const struct reading *r) {
    return json_pack(
        "{s:o, s:I, s:I, s:f, s:f, s:I, s:f, s:o, s:o}", "read", cli_json_text(path), "batch",
        (json_int_t)r->batch, "repeat", (json_int_t)r->repeat, "milliseconds", r->milliseconds,
        "images_per_second", 1e3 * (double)r->batch / r->milliseconds, "characters",
        (json_int_t)r->characters, "characters_per_second", 1e3 * (double)r->characters / r->milliseconds,
        "device", cli_json_text(cli_device_name(device)), "driver", cli_json_text(cli_driver_name(device)));
}

static void print_text(const json_t *result) {
    printf("reading by %s, batch %lld, on %s (%s)\n", json_string_value(json_object_get(result, "read")),
           (long long)json_integer_value(json_object_get(result, "batch")),
           json_string_value(json_object_get(result, "device")),
           json_string_value(json_object_get(result, "driver")));
    printf("  time       %.1f ms, %.2f images/s, %.1f characters/s (median of %lld)",
           json_real_value(json_object_get(result, "milliseconds")),
           json_real_value(json_object_get(result, "images_per_second")),
           json_real_value(json_object_get(result, "characters_per_second")),
           (long long)json_integer_value(json_object_get(result, "repeat")));
    bench_print_ratio(result);
}

enum status bench_read(const struct cli_values *values, struct gpu_device *device, size_t repeat) {
    const char *const path = cli_text(values, "read");
    long long batch = STANDARD_BATCH;
    TRY(cli_number(values, "batch", 1, &batch));
    struct reading r = {.batch = (size_t)batch, .repeat = repeat > 0 ? repeat : STANDARD_REPEAT};
    struct recogniser_options options = {.path = path, .batch = r.batch, .device = device};
    TRY(cli_tiles_given(&options.tiles, values, TILES_MEASURED));
    TRY(recogniser_open(&r.recogniser, &options));
    enum status status = measure(&r);
    if (status == STATUS_OK)
        status = bench_tell(values, reading_json(path, device, &r), print_text);
    recogniser_close(r.recogniser);
    return status;
}
