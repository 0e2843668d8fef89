#include "cli/training.h"

#include "base/file.h"
#include "cli/plan.h"
#include "train/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>

static void print_message(void *context, const char *text) {
    (void)context;
    cli_say("%s", text);
}

static void print_progress(void *context, const struct train_progress *p) {
    (void)context;
    char left[CLI_TIME_SIZE], terms[256] = "";
    size_t used = 0;
    const struct objective *const objective = &p->train_step->objective;
    for (size_t i = 0; objective->term_count > 1 && i < objective->term_count && used < sizeof terms; i++)
        used += (size_t)snprintf(terms + used, sizeof terms - used, " %s %.4f", objective->terms[i].name,
                                 (double)p->result.terms[i]);
    void (*const print)(const char *, ...) = p->logged ? cli_say : cli_show;
    print("step %llu/%llu  epoch %llu  loss %.4f%s  rate %.2e  %.1f images/s  %s left",
          (unsigned long long)p->step, (unsigned long long)p->steps, (unsigned long long)p->epoch,
          (double)p->result.loss, terms, p->rate, p->images_per_second, cli_time(p->seconds_left, left));
}

static enum status resumed_settings(const struct cli_values *values, struct settings *settings) {
    const char *out;
    char *path;
    TRY(cli_required(values, "out", &out));
    TRY(file_join(&path, out, CHECKPOINT_LAST));
    struct safetensors *file;
    struct checkpoint_state state;
    const enum status status = checkpoint_open(&file, &state, path);
    free(path);
    TRY(status);
    safetensors_close(file);
    *settings = state.settings;
    return cli_override(values, settings);
}

enum status cli_training_settings(const struct cli_values *values, const char *preset,
                                  struct settings *settings) {
    return cli_given(values, "resume") ? resumed_settings(values, settings)
                                       : cli_settings(values, preset, settings);
}

static enum status train(const struct cli_values *values, const struct settings *settings,
                         struct train_options *options) {
    TRY(cli_required(values, "out", &options->out));
    options->data = cli_all(values, "data", &options->data_count);
    options->resume = cli_given(values, "resume");
    if (options->data_count == 0 && !options->resume)
        return status_set(STATUS_USAGE,
                          "--data is missing: name a folder of images, an LMDB, or render:count=1000");
    options->program = MNSP_VERSION;
    options->message = print_message;
    options->progress = print_progress;
    options->stop = cli_stop_on_signals();
    struct gpu_device *device;
    TRY(cli_device(values, &device));
    options->device = device;
    cli_say("training on %s (%s)", cli_device_name(device), cli_driver_name(device));
    const enum status status = train_run(settings, options);
    gpu_device_close(device);
    return status;
}

enum status cli_train(const struct cli_values *values, const struct settings *settings,
                      struct train_options *options) {
    struct gpu_device *device;
    if (!cli_given(values, "plan"))
        return train(values, settings, options);
    TRY(cli_device(values, &device));
    const enum status status = cli_plan(settings, device);
    gpu_device_close(device);
    return status;
}
