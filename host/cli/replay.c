/* replay.c: one training step on given weights and a given batch, with everything that comes out of it; the
 * bridge to other implementations. spec/files.md describes the files. */
#include "cli/step.h"

#include "base/memory.h"
#include "train/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"objective", "NAME", "what is learned: mae, lmim, mnsp or recognition"},
    {"weights", "FILE", "every parameter, safetensors; sizes come from its shapes"},
    {"batch", "FILE", "image, guidance, mask_noise, or image, target, length, safetensors"},
    {"out", "FILE", "written: loss, terms, outputs, gradients, updated parameters, safetensors"},
    {"lr", "RATE", "learning rate of the step, as it is; default: by --rate or --base-rate and the batch"},
    {"decoder-heads", "N",
     "attention heads of the decoder; default 16 in pre-training, 8 in the recogniser's"},
    CLI_DEVICE_OPTIONS,
    {0},
};

struct replay {
    struct settings settings;
    struct safetensors *weights, *batch;
    struct gpu_device *device; /* NULL: the reference */
    struct train_step *step;
    struct train_result result;
    double rate;
    float scale; /* of the loss, and with it of the gradients */
};

/* ---- settings: by the options, then the weights' shapes, then the batch's ---- */

static enum status set_number(struct settings *settings, const char *name, uint64_t value,
                              const struct safetensors *file, const char *tensor) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    if (settings_set(settings, name, text) == STATUS_OK)
        return STATUS_OK;
    return status_context(STATUS_INVALID, "%s: tensor '%s'", safetensors_path(file), tensor);
}

static enum status batch_sizes(struct settings *settings, const struct safetensors *batch) {
    const struct safetensors_tensor *const image = safetensors_find(batch, "image");
    if (image == NULL)
        return safetensors_missing(batch, "image", "(batch,3,height,width)");
    char shape[SAFETENSORS_SHAPE_SIZE];
    if (image->rank != 4 || image->shape[1] != 3)
        return status_set(STATUS_INVALID, "%s: tensor 'image' has shape %s, expected (batch,3,height,width)",
                          safetensors_path(batch), safetensors_shape_text(image->rank, image->shape, shape));
    TRY(set_number(settings, "batch", image->shape[0], batch, "image"));
    TRY(set_number(settings, "image_height", image->shape[2], batch, "image"));
    TRY(set_number(settings, "image_width", image->shape[3], batch, "image"));
    if (settings->objective != SETTINGS_OBJECTIVE_RECOGNITION)
        return STATUS_OK;
    const struct safetensors_tensor *const target = safetensors_find(batch, "target");
    if (target == NULL)
        return safetensors_missing(batch, "target", "(batch,places)");
    if (target->rank != 2)
        return status_set(STATUS_INVALID, "%s: tensor 'target' has shape %s, expected (batch,places)",
                          safetensors_path(batch),
                          safetensors_shape_text(target->rank, target->shape, shape));
    return set_number(settings, "max_length", target->shape[1], batch, "target");
}

static enum status choose_settings(const struct cli_values *values, struct replay *replay) {
    struct settings *const s = &replay->settings;
    const char *objective;
    enum settings_objective kind;
    TRY(cli_required(values, "objective", &objective));
    TRY(cli_objective(&kind, "objective", objective));
    settings_defaults(s);
    s->mask_ratio = objective_defaults((enum objective_kind)kind).mask_ratio;
    TRY(cli_preset(values, NULL, s));
    s->objective = kind;
    s->min_rate = 0; /* a schedule's, and there is none */
    TRY(weights_settings(s, replay->weights));
    TRY(batch_sizes(s, replay->batch));
    TRY(cli_override(values, s));
    const char *const heads = cli_text(values, "decoder-heads");
    const bool recognition = kind == SETTINGS_OBJECTIVE_RECOGNITION;
    if (heads != NULL)
        TRY(settings_set(s, recognition ? "recognition_heads" : "decoder_heads", heads));
    replay->rate = settings_rate(s);
    return cli_real(values, "lr", 0, &replay->rate);
}

/* ---- inputs ---- */

static enum status expect(const struct safetensors_tensor **out, const struct safetensors *file,
                          const struct tensor *tensor) {
    uint64_t shape[SHAPE_MAX_RANK];
    for (int i = 0; i < tensor->shape.rank; i++)
        shape[i] = tensor->shape.of[i];
    return safetensors_expect(out, file, tensor->name, (uint32_t)tensor->shape.rank, shape);
}

static enum status read_floats(const struct safetensors *file, const struct safetensors_tensor *stored,
                               float *values) {
    TRY(safetensors_read_f32(file, stored, values));
    for (uint64_t i = 0; i < stored->elements; i++)
        if (!isfinite(values[i]))
            return status_set(STATUS_INVALID, "%s: tensor '%s': element %" PRIu64 " is not finite",
                              safetensors_path(file), stored->name, i);
    return STATUS_OK;
}

/* Integers from `least` to `most`. */
static enum status read_integers(const struct safetensors *file, const struct safetensors_tensor *stored,
                                 int32_t least, int32_t most, int32_t *values) {
    TRY(safetensors_read_i32(file, stored, values));
    for (uint64_t i = 0; i < stored->elements; i++)
        if (values[i] < least || values[i] > most)
            return status_set(STATUS_INVALID,
                              "%s: tensor '%s': element %" PRIu64 " is %" PRId32 ", expected %" PRId32
                              " to %" PRId32,
                              safetensors_path(file), stored->name, i, values[i], least, most);
    return STATUS_OK;
}

/* Copies an input of the graph, where there is one, from the batch; integers from `least` to `most`. */
static enum status write_input(const struct replay *replay, const struct tensor *tensor, int32_t least,
                               int32_t most) {
    const struct safetensors_tensor *stored;
    void *values;
    if (tensor == NULL)
        return STATUS_OK;
    TRY(expect(&stored, replay->batch, tensor));
    TRY(memory_new(&values, tensor->elements, 4));
    enum status status = tensor->is_unsigned ? read_integers(replay->batch, stored, least, most, values)
                                             : read_floats(replay->batch, stored, values);
    if (status == STATUS_OK)
        status = executor_write(replay->step->executor, tensor, values);
    free(values);
    return status;
}

static enum status write_inputs(const struct replay *replay) {
    const struct objective *const o = &replay->step->objective;
    const int32_t unknown = (int32_t)replay->step->objective_settings.characters + 2; /* the last class */
    TRY(write_input(replay, o->image, 0, 0));
    TRY(write_input(replay, o->guidance, 0, 0));
    TRY(write_input(replay, o->mask_noise, 0, 0));
    TRY(write_input(replay, o->target, 0, unknown));
    return write_input(replay, o->length, 1, (int32_t)replay->settings.max_length);
}

/* ---- the result ---- */

struct output {
    struct safetensors_view *views; /* names and data are their own */
    size_t count;
};

static enum status add(struct output *output, const struct replay *replay, const char *kind, const char *name,
                       const struct tensor *tensor, bool is_number) {
    struct safetensors_view *const view = &output->views[output->count++];
    char *text;
    void *values;
    TRY(memory_format(&text, "%s%s", kind, name));
    view->name = text;
    TRY(memory_new(&values, tensor->elements, 4));
    view->data = values;
    view->type = tensor->is_unsigned ? SAFETENSORS_I32 : SAFETENSORS_F32;
    view->rank = is_number ? 0 : (uint32_t)tensor->shape.rank;
    for (uint32_t i = 0; i < view->rank; i++)
        view->shape[i] = tensor->shape.of[i];
    return executor_read(replay->step->executor, tensor, values);
}

/* Without the scale of the loss, a power of two. */
static enum status add_gradient(struct output *output, const struct replay *replay,
                                const struct tensor *parameter) {
    const struct tensor *const gradient = graph_gradient(replay->step->graph, parameter);
    TRY(add(output, replay, "grad.", parameter->name, gradient, false));
    float *const values = (float *)output->views[output->count - 1].data;
    for (size_t i = 0; i < gradient->elements; i++)
        values[i] /= replay->scale;
    return STATUS_OK;
}

static bool is_trained(const struct graph *graph, const struct tensor *tensor) {
    return tensor->kind == TENSOR_PARAMETER && tensor->base == tensor && tensor->differentiable &&
           graph_gradient(graph, tensor) != NULL;
}

static enum status collect(struct output *output, const struct replay *replay) {
    const struct objective *const o = &replay->step->objective;
    const struct graph *const graph = replay->step->graph;
    TRY(add(output, replay, "loss", "", o->loss, true));
    for (size_t i = 0; i < o->term_count; i++)
        TRY(add(output, replay, "loss.", o->terms[i].name, o->terms[i].tensor, true));
    for (size_t i = 0; i < o->output_count; i++)
        TRY(add(output, replay, "output.", o->outputs[i].name, o->outputs[i].tensor, false));
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const parameter = graph_tensor(graph, i);
        if (!is_trained(graph, parameter))
            continue;
        TRY(add_gradient(output, replay, parameter));
        TRY(add(output, replay, "param.", parameter->name, parameter, false));
    }
    return STATUS_OK;
}

static enum status write_output(const struct output *output, const struct replay *replay, const char *path) {
    char *settings, rate[32];
    TRY(settings_to_json(&settings, &replay->settings));
    snprintf(rate, sizeof rate, "%.17g", replay->rate);
    const struct safetensors_pair pairs[] = {{"format", "pt"},
                                             {"mnsp.program", MNSP_VERSION},
                                             {"mnsp.settings", settings},
                                             {"lr", rate},
                                             {"device", cli_device_name(replay->device)},
                                             {"driver", cli_driver_name(replay->device)}};
    const enum status status =
        safetensors_write(path, output->views, output->count, pairs, sizeof pairs / sizeof pairs[0]);
    free(settings);
    return status;
}

static enum status save(const struct replay *replay, const char *path) {
    const size_t most = 1 + 2 * OBJECTIVE_MAX_NAMED + 2 * graph_tensor_count(replay->step->graph);
    struct output output = {0};
    TRY(memory_new(&output.views, most, sizeof *output.views));
    enum status status = collect(&output, replay);
    if (status == STATUS_OK)
        status = write_output(&output, replay, path);
    for (size_t i = 0; i < output.count; i++) {
        free((void *)output.views[i].name);
        free((void *)output.views[i].data);
    }
    free(output.views);
    return status;
}

static void print_result(const struct replay *replay, const char *path) {
    const struct objective *const o = &replay->step->objective;
    const struct train_result *const result = &replay->result;
    printf("loss %.9g", (double)result->loss);
    for (size_t i = 0; o->term_count > 1 && i < o->term_count; i++)
        printf("  %s %.9g", o->terms[i].name, (double)result->terms[i]);
    printf("  gradient norm %.9g\n", (double)result->norm);
    if (!result->finite)
        cli_say("the gradient is not finite: the parameters were left as they are");
    cli_say("%s: written, computed on %s (%s)", path, cli_device_name(replay->device),
            cli_driver_name(replay->device));
}

/* ---- the step ---- */

static enum status make_step(struct replay *replay) {
    struct train_step_options step = {.batch = (size_t)replay->settings.batch,
                                      .device = replay->device,
                                      .given_noise = true,
                                      .keep_outputs = true,
                                      .keep_gradients = true,
                                      .weights = replay->weights};
    if (replay->settings.objective == SETTINGS_OBJECTIVE_RECOGNITION)
        TRY(weights_characters(&step.characters, replay->weights));
    TRY(train_step_create(&replay->step, &replay->settings, &step));
    struct executor *const executor = replay->step->executor;
    TRY(executor_initialise(executor, (uint64_t)replay->settings.seed));
    float scaler[4];
    TRY(executor_read(executor, replay->step->optimiser.scaler, scaler));
    replay->scale = scaler[0];
    return weights_load(executor, replay->step->graph, "", replay->weights, "", WEIGHTS_LAST);
}

static enum status run_replay(const struct cli_values *values, struct replay *replay) {
    const char *weights, *batch, *out, *objective;
    TRY(cli_required(values, "objective", &objective));
    TRY(cli_required(values, "weights", &weights));
    TRY(cli_required(values, "batch", &batch));
    TRY(cli_required(values, "out", &out));
    TRY(safetensors_open(&replay->weights, weights));
    TRY(safetensors_open(&replay->batch, batch));
    TRY(choose_settings(values, replay));
    TRY(cli_device(values, &replay->device));
    TRY(make_step(replay));
    TRY(write_inputs(replay));
    TRY(train_step_run(replay->step, 0, replay->rate));
    TRY(train_step_result(replay->step, 0, &replay->result));
    TRY(save(replay, out));
    print_result(replay, out);
    return STATUS_OK;
}

static enum status run(const struct cli_values *values) {
    struct replay replay = {0};
    const enum status status = run_replay(values, &replay);
    train_step_destroy(replay.step);
    gpu_device_close(replay.device);
    if (replay.weights != NULL)
        safetensors_close(replay.weights);
    if (replay.batch != NULL)
        safetensors_close(replay.batch);
    return status;
}

const struct cli_command command_replay = {
    .name = "replay",
    .operands = "",
    .summary = "run one training step on given weights and a given batch, and write all its results",
    .example = "mnsp replay --objective mae --weights weights.safetensors --batch batch.safetensors "
               "--lr 1e-3 --out result.safetensors",
    .options = options,
    .settings = true,
    .run = run,
};
