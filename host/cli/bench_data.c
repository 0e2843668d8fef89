/* bench_data.c: whether images come as fast as steps take them. */
#include "cli/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/json.h"
#include "train/feed.h"
#include "train/recognise.h"
#include "train/threads.h"

#include <stdio.h>
#include <stdlib.h>

enum { STANDARD_REPEAT = 10 };

static const double alone_seconds = 2.0;

struct fed {
    size_t repeat, threads;
    double alone;        /* images/s that the loader makes when nothing else is done */
    double milliseconds; /* medians of a step, waiting included, */
    double waiting;      /* and of what it waited for its images */
};

/* The loader without a step. The first batch, for which threads and files are opened, does not count. */
static enum status measure_alone(const struct train_feed_options *options, double *rate) {
    struct train_feed *feed;
    size_t batches = 0;
    double begin = 0, now = 0;
    TRY(train_feed_open(&feed, options));
    enum status status = train_feed_next(feed);
    for (begin = now = clock_seconds(); status == STATUS_OK && now < begin + alone_seconds; batches++) {
        status = train_feed_next(feed);
        now = clock_seconds();
    }
    *rate = (double)batches * (double)options->settings->batch / (now - begin);
    train_feed_close(feed);
    return status;
}

static enum status run_step(struct train_feed *feed, struct train_step *step, uint64_t number,
                            double *waited) {
    const double begin = clock_seconds();
    TRY(train_feed_next(feed));
    *waited = 1e3 * (clock_seconds() - begin);
    TRY(train_step_begin(step, number, 1e-4));
    for (size_t part = 0; part < step->parts; part++) {
        TRY(train_feed_write(feed, part));
        TRY(train_step_part(step, part));
    }
    TRY(train_step_update(step));
    struct train_result result; /* of the step before, as in training */
    return number > 0 ? train_step_result(step, number - 1, &result) : STATUS_OK;
}

/* As in training, the loader makes the next batches meanwhile. The first step does not count. */
static enum status measure_steps(const struct train_feed_options *options, struct fed *fed) {
    struct train_feed *feed;
    double *times, *waits = NULL;
    TRY(memory_new(&times, fed->repeat, 2 * sizeof *times));
    waits = times + fed->repeat;
    enum status status = train_feed_open(&feed, options);
    for (size_t i = 0; status == STATUS_OK && i < fed->repeat + 1; i++) {
        double waited = 0;
        cli_show("step %zu of %zu", i, fed->repeat);
        const double begin = clock_seconds();
        status = run_step(feed, options->step, i, &waited);
        if (i > 0) {
            times[i - 1] = 1e3 * (clock_seconds() - begin);
            waits[i - 1] = waited;
        }
    }
    cli_show("%s", "");
    train_feed_close(feed);
    fed->milliseconds = cli_median(times, fed->repeat);
    fed->waiting = cli_median(waits, fed->repeat);
    free(times);
    return status;
}

static json_t *fed_json(const struct cli_values *values, const struct settings *settings,
                        const struct gpu_device *device, const struct fed *fed) {
    char objective[SETTINGS_TEXT_SIZE];
    return json_pack("{s:o, s:o, s:I, s:I, s:I, s:f, s:f, s:f, s:f, s:o, s:o}", "step",
                     cli_json_text(settings_format(settings, settings_find("objective"), objective)),
                     "preset", cli_json_text(cli_step_preset(values, settings)), "batch",
                     (json_int_t)settings->batch, "repeat", (json_int_t)fed->repeat, "threads",
                     (json_int_t)fed->threads, "loader_images_per_second", fed->alone, "images_per_second",
                     1e3 * (double)settings->batch / fed->milliseconds, "milliseconds", fed->milliseconds,
                     "waiting_milliseconds", fed->waiting, "device", cli_json_text(cli_device_name(device)),
                     "driver", cli_json_text(cli_driver_name(device)));
}

static void print_text(const json_t *result) {
    bench_print_step(result);
    printf("  images     %.0f images/s by %lld threads when nothing else is done\n",
           json_real_value(json_object_get(result, "loader_images_per_second")),
           (long long)json_integer_value(json_object_get(result, "threads")));
    printf("  steps      %.1f ms, %.2f images/s (median of %lld)",
           json_real_value(json_object_get(result, "milliseconds")),
           json_real_value(json_object_get(result, "images_per_second")),
           (long long)json_integer_value(json_object_get(result, "repeat")));
    bench_print_ratio(result);
    printf("  waiting    %.2f ms of each step for its images\n",
           json_real_value(json_object_get(result, "waiting_milliseconds")));
}

static enum status measure(const struct cli_values *values, const struct settings *settings,
                           struct train_feed_options *options, struct gpu_device *device, size_t repeat) {
    struct fed fed = {.repeat = repeat ? repeat : STANDARD_REPEAT,
                      .threads = train_threads(settings->threads)};
    struct train_step *step;
    TRY(cli_step_create(&step, settings, device, false));
    options->step = step;
    enum status status = measure_alone(options, &fed.alone);
    if (status == STATUS_OK)
        status = measure_steps(options, &fed);
    if (status == STATUS_OK)
        status = bench_tell(values, fed_json(values, settings, device, &fed), print_text);
    train_step_destroy(step);
    return status;
}

enum status bench_data(const struct cli_values *values, struct gpu_device *device, size_t repeat) {
    struct settings settings;
    struct data_charset charset = {0};
    struct train_feed_options options = {.settings = &settings, .charset = &charset};
    size_t count;
    const char *const *const paths = cli_all(values, "data", &count);
    TRY(cli_step_settings(values, &settings));
    TRY(data_set_open(&options.set, paths, count));
    enum status status = recogniser_read_charset(&charset, &settings);
    if (status == STATUS_OK)
        status = measure(values, &settings, &options, device, repeat);
    data_charset_free(&charset);
    data_set_close(options.set);
    return status;
}
