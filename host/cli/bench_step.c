/* bench_step.c: the time and the memory of whole training steps. */
#include "cli/bench.h"

#include "base/clock.h"
#include "base/memory.h"
#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>

enum { STANDARD_REPEAT = 3 };

struct measured {
    double milliseconds; /* median of a step */
    size_t repeat;
    const struct plan *plan;
    const struct train_step *step;
};

/* One step more than those measured comes first: it makes the driver compile and allocate. */
static enum status measure(struct train_step *step, size_t repeat, double *milliseconds) {
    double *times;
    enum status status = STATUS_OK;
    TRY(memory_new(&times, repeat, sizeof *times));
    for (size_t i = 0; status == STATUS_OK && i < repeat + 1; i++) {
        cli_show("step %zu of %zu", i, repeat);
        const double begin = clock_seconds();
        status = train_step_run(step, i, 1e-4);
        if (i > 0)
            times[i - 1] = 1e3 * (clock_seconds() - begin);
    }
    cli_show("%s", "");
    *milliseconds = cli_median(times, repeat);
    free(times);
    return status;
}

static json_t *step_json(const struct cli_values *values, const struct settings *settings,
                         const struct gpu_device *device, const struct measured *m) {
    char objective[SETTINGS_TEXT_SIZE];
    return json_pack(
        "{s:o, s:o, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "step",
        cli_json_text(settings_format(settings, settings_find("objective"), objective)), "preset",
        cli_json_text(cli_step_preset(values, settings)), "batch", (json_int_t)settings->batch, "repeat",
        (json_int_t)m->repeat, "images_per_second", 1e3 * (double)settings->batch / m->milliseconds,
        "milliseconds", m->milliseconds, "peak_bytes", (json_int_t)plan_bytes(m->plan), "parameter_bytes",
        (json_int_t)m->plan->parameter_bytes, "state_bytes", (json_int_t)m->plan->state_bytes, "input_bytes",
        (json_int_t)m->plan->input_bytes, "activation_bytes", (json_int_t)m->plan->temporary_bytes,
        "activation_bytes_without_sharing", (json_int_t)m->plan->unshared_bytes, "device",
        cli_json_text(cli_device_name(device)), "driver", cli_json_text(cli_driver_name(device)));
}

static double mebibytes(const json_t *result, const char *key) {
    return json_number_value(json_object_get(result, key)) / (1024 * 1024);
}

static void print_text(const json_t *result) {
    bench_print_step(result);
    printf("  time       %.1f ms, %.2f images/s (median of %lld)",
           json_real_value(json_object_get(result, "milliseconds")),
           json_real_value(json_object_get(result, "images_per_second")),
           (long long)json_integer_value(json_object_get(result, "repeat")));
    bench_print_ratio(result);
    printf("  memory     %.1f MiB: parameters %.1f, optimiser and outputs %.1f, inputs %.1f, activations "
           "%.1f\n",
           mebibytes(result, "peak_bytes"), mebibytes(result, "parameter_bytes"),
           mebibytes(result, "state_bytes"), mebibytes(result, "input_bytes"),
           mebibytes(result, "activation_bytes"));
    printf("             activations would take %.1f MiB if each had memory of its own\n",
           mebibytes(result, "activation_bytes_without_sharing"));
}

enum status bench_step(const struct cli_values *values, struct gpu_device *device, size_t repeat) {
    struct settings settings;
    struct train_step *step;
    TRY(cli_step_settings(values, &settings));
    TRY(cli_step_create(&step, &settings, device, false));
    struct measured measured = {
        .repeat = repeat ? repeat : STANDARD_REPEAT, .plan = executor_plan(step->executor), .step = step};
    enum status status = measure(step, measured.repeat, &measured.milliseconds);
    if (status == STATUS_OK)
        status = bench_tell(values, step_json(values, &settings, device, &measured), print_text);
    train_step_destroy(step);
    return status;
}
