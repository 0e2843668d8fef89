#include "train/step.h"

#include "base/memory.h"
#include "train/step_memory.h"
#include "train/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct objective_settings train_objective_settings(const struct settings *s, size_t characters) {
    /* The enumerations of settings.def and objective.h have the same order; test_step.c holds them to it. */
    return (struct objective_settings){
        .kind = (enum objective_kind)s->objective,
        .precision = (enum precision)s->precision,
        .image_height = (size_t)s->image_height,
        .image_width = (size_t)s->image_width,
        .patch_height = (size_t)s->patch_height,
        .patch_width = (size_t)s->patch_width,
        .width = (size_t)s->width,
        .depth = (size_t)s->depth,
        .heads = (size_t)settings_heads(s),
        .inner = (size_t)(s->width * s->mlp_ratio),
        .position_table = (enum position_table)s->position_table,
        .decoder_width = (size_t)s->decoder_width,
        .decoder_depth = (size_t)settings_decoder_depth(s),
        .decoder_heads = (size_t)s->decoder_heads,
        .decoder_inner = (size_t)(s->decoder_width * s->decoder_mlp_ratio),
        .decoder_dropout = s->dropout ? (float)s->decoder_dropout : 0,
        .head = (enum objective_head)s->head,
        .characters = characters ? characters : 94,
        .max_length = (size_t)s->max_length,
        .recognition_width = (size_t)s->recognition_width,
        .recognition_depth = (size_t)s->recognition_depth,
        .recognition_heads = (size_t)s->recognition_heads,
        .recognition_inner = (size_t)s->recognition_inner,
        .recognition_dropout = s->dropout ? (float)s->recognition_dropout : 0,
        .freeze_encoder = s->freeze_encoder,
        .mask_ratio = s->mask_ratio,
        .normalise_pixels = s->normalise_pixels,
        .mim_target = (enum objective_mim_target)s->mim_target,
        .teacher = (enum objective_teacher)s->teacher_kind,
        .teacher_momentum = s->teacher_momentum,
        .align = (enum objective_align)s->align,
        .align_stop_gradient = s->align_stop_gradient,
        .scales = (size_t)s->scales,
        .coupling = (enum objective_coupling)s->coupling,
        .nsp_target = (enum objective_nsp_target)s->nsp_target,
        .weight_mim = s->weight_mim,
        .weight_nsp = s->weight_nsp,
        .weight_mla = s->weight_mla,
    };
}

static void keep_gradients(struct graph *graph) {
    const size_t tensors = graph_tensor_count(graph);
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const parameter = graph_tensor(graph, i);
        const struct tensor *const gradient = graph_gradient(graph, parameter);
        if (parameter->kind != TENSOR_PARAMETER || parameter->base != parameter || gradient == NULL)
            continue;
        char name[256];
        snprintf(name, sizeof name, "grad.%s", parameter->name);
        graph_output(graph, gradient, name);
    }
}

/* The mean over the parts of a number that the host reads. */
static const struct tensor *mean(const struct train_step *step, const struct tensor *number,
                                 const char *name) {
    char text[64];
    snprintf(text, sizeof text, "step.%s", name);
    return graph_output(step->graph,
                        graph_accumulate(step->graph, number, step->part, (float)(1 / (double)step->parts)),
                        text);
}

/* Losses and gradients become means over the parts. */
static void accumulate(struct train_step *step) {
    struct objective *const objective = &step->objective;
    graph_scope(step->graph, "accumulation");
    step->part = graph_input_unsigned(step->graph, "part", SHAPE(1));
    const bool alone = objective->term_count == 1; /* then the term is the loss */
    for (size_t i = 0; i < objective->term_count; i++)
        objective->terms[i].tensor = mean(step, objective->terms[i].tensor, objective->terms[i].name);
    objective->loss = alone ? objective->terms[0].tensor : mean(step, objective->loss, "loss");
    graph_accumulate_gradients(step->graph, step->part, (float)(1 / (double)step->parts));
}

/* The graph of a step. */
static enum status build(struct train_step *step, const struct settings *settings,
                         const struct train_step_options *options) {
    struct graph *const graph = step->graph;
    TRY(objective_build(graph, &step->objective_settings, step->batch, &step->objective));
    const bool scaled = settings->precision == SETTINGS_PRECISION_F16;
    const struct tensor *const scaler = train_scaler(graph, scaled ? (size_t)settings->loss_scale : 1);
    if (settings->recompute == SETTINGS_RECOMPUTE_BLOCKS)
        graph_recompute(graph);
    graph_backward(graph, step->objective.loss, scaled ? train_scale(graph, scaler) : NULL);
    if (step->parts > 1)
        accumulate(step);
    if (options->keep_gradients)
        keep_gradients(graph);
    TRY(train_optimiser_append(graph,
                               &(struct train_optimiser_options){
                                   .scaler = scaler,
                                   .scale_every = scaled ? (size_t)settings->scale_every : 0,
                                   .beta1 = (float)settings->beta1,
                                   .beta2 = (float)settings->beta2,
                                   .epsilon = (float)settings->epsilon,
                                   .weight_decay = (float)settings->weight_decay,
                                   .clip_norm = (float)settings->clip_norm,
                                   .layer_decay = (float)settings->layer_decay,
                                   .encoder_depth = (size_t)settings->depth,
                                   .fine_tuning = settings->objective == SETTINGS_OBJECTIVE_RECOGNITION,
                               },
                               &step->optimiser));
    objective_after_update(graph, &step->objective_settings, step->optimiser.control);
    if (settings->ema_decay > 0)
        train_average_append(graph, step->optimiser.control, settings->ema_decay);
    step->start_segment = objective_teacher_start(graph, &step->objective_settings);
    if (settings->ema_decay > 0)
        train_average_append(graph, NULL, 0);
    step->random = graph_random(graph);
    return graph_status(graph);
}

enum status train_step_describe(struct train_step **out, const struct settings *settings,
                                const struct train_step_options *options) {
    struct train_step *step;
    *out = NULL;
    TRY(memory_new(&step, 1, sizeof *step));
    step->batch = options->batch;
    step->parts = options->parts ? options->parts : 1;
    step->seed = (uint64_t)settings->seed;
    step->objective_settings = train_objective_settings(settings, options->characters);
    step->objective_settings.given_noise = options->given_noise;
    step->objective_settings.keep_outputs = options->keep_outputs;
    enum status status = graph_create(&step->graph);
    if (status == STATUS_OK)
        status = build(step, settings, options);
    if (status != STATUS_OK) {
        train_step_destroy(step);
        return status;
    }
    *out = step;
    return STATUS_OK;
}

static enum status equip(struct train_step *step, const struct settings *settings,
                         const struct train_step_options *options) {
    if (options->weights != NULL)
        TRY(weights_check(step->graph, options->weights));
    struct tiles_options tiles = options->tiles;
    tiles.mode = (enum tiles_mode)settings->tiles;
    TRY(tiles_open(&step->tiles, options->device, &tiles));
    const enum status status =
        executor_create_tiled(&step->executor, step->graph, options->device, options->timed, step->tiles);
    const bool too_large = status == STATUS_MEMORY || status == STATUS_UNSUPPORTED;
    return too_large ? step_memory_advise(status, settings, options) : status;
}

enum status train_step_create(struct train_step **out, const struct settings *settings,
                              const struct train_step_options *options) {
    struct train_step *step;
    *out = NULL;
    TRY(settings_check(settings));
    TRY(train_step_describe(&step, settings, options));
    const enum status status = equip(step, settings, options);
    if (status != STATUS_OK) {
        train_step_destroy(step);
        return status;
    }
    *out = step;
    return STATUS_OK;
}

void train_step_destroy(struct train_step *step) {
    if (step == NULL)
        return;
    executor_destroy(step->executor);
    tiles_close(step->tiles);
    graph_destroy(step->graph);
    free(step);
}

enum status train_step_begin(struct train_step *step, uint64_t number, double rate) {
    step->number = number;
    return train_optimiser_write(step->executor, &step->optimiser, rate);
}

enum status train_step_part(struct train_step *step, size_t part) {
    /* Each part draws numbers of its own. */
    const uint32_t random[4] = {(uint32_t)step->seed, (uint32_t)(step->seed >> 32),
                                (uint32_t)(step->number * step->parts + part), 0};
    const uint32_t place = (uint32_t)part;
    TRY(executor_write(step->executor, step->random, random));
    if (step->part != NULL)
        TRY(executor_write(step->executor, step->part, &place));
    return executor_start(step->executor, 0);
}

static size_t post_of(uint64_t number) {
    return (size_t)(number % EXECUTOR_POSTS);
}

enum status train_step_update(struct train_step *step) {
    const struct objective *const objective = &step->objective;
    const struct tensor *results[3 + OBJECTIVE_MAX_NAMED] = {step->optimiser.control, step->optimiser.scaler,
                                                             objective->loss};
    for (size_t i = 0; i < objective->term_count; i++)
        results[3 + i] = objective->terms[i].tensor;
    TRY(executor_start(step->executor, step->optimiser.segment));
    return executor_post(step->executor, post_of(step->number), results, 3 + objective->term_count);
}

enum status train_step_run(struct train_step *step, uint64_t number, double rate) {
    TRY(train_step_begin(step, number, rate));
    for (size_t part = 0; part < step->parts; part++)
        TRY(train_step_part(step, part));
    TRY(train_step_update(step));
    return executor_finish(step->executor);
}

enum status train_step_result(const struct train_step *step, uint64_t number, struct train_result *result) {
    float control[5], scaler[4];
    void *data[3 + OBJECTIVE_MAX_NAMED] = {control, scaler, &result->loss};
    for (size_t i = 0; i < step->objective.term_count; i++)
        data[3 + i] = &result->terms[i];
    TRY(executor_collect(step->executor, post_of(number), data));
    result->norm = control[0];
    result->finite = control[2] != 0;
    result->scale = scaler[0];
    result->skipped = (uint64_t)scaler[3];
    return STATUS_OK;
}

double train_rate(const struct settings *settings, uint64_t number, uint64_t steps, uint64_t warmup) {
    const double highest = settings_rate(settings), least = settings->min_rate;
    if (number < warmup)
        return highest * (double)number / (double)warmup;
    const double part = steps > warmup ? (double)(number - warmup) / (double)(steps - warmup) : 1;
    return least + (highest - least) * 0.5 * (1 + cos(3.14159265358979323846 * (part < 1 ? part : 1)));
}
