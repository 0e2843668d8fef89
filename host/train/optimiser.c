#include "train/optimiser.h"

#include "base/memory.h"
#include "graph/operators.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A gradient is summed in pieces of this many elements, at most MOST_PARTS of them. */
enum { PART_ELEMENTS = 4096, MOST_PARTS = 256, NAME_SIZE = 256 };

static size_t parts_of(const struct tensor *gradient) {
    const size_t parts = (gradient->elements + PART_ELEMENTS - 1) / PART_ELEMENTS;
    return parts < MOST_PARTS ? parts : MOST_PARTS;
}

bool train_decays(const struct tensor *parameter, bool fine_tuning) {
    const size_t length = strlen(parameter->name);
    const bool is_bias = length >= 4 && strcmp(parameter->name + length - 4, "bias") == 0;
    const bool is_class = length >= 9 && strcmp(parameter->name + length - 9, "cls_token") == 0;
    return parameter->shape.rank > 1 && !is_bias && !(fine_tuning && is_class);
}

/* Ids of the layers as the recogniser's authors count them: 0 for patches and class token, i + 1 for block i;
 * the scale is decay^(depth + 1 - id). */
double train_rate_scale(const char *name, double layer_decay, size_t encoder_depth) {
    static const char prefix[] = "encoder.";
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return 1;
    name += sizeof prefix - 1;
    unsigned block;
    if (sscanf(name, "blocks.%u.", &block) == 1)
        return pow(layer_decay, (double)encoder_depth - (double)block);
    if (strncmp(name, "patch_embed.", 12) == 0 || strcmp(name, "cls_token") == 0)
        return pow(layer_decay, (double)encoder_depth + 1);
    return 1;
}

static bool is_trained(const struct graph *graph, const struct tensor *tensor) {
    return tensor->kind == TENSOR_PARAMETER && tensor->base == tensor && tensor->differentiable &&
           graph_gradient(graph, tensor) != NULL;
}

static const struct tensor *state_of(struct graph *graph, const char *prefix,
                                     const struct tensor *parameter) {
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", prefix, parameter->name);
    return graph_state(graph, name, parameter->shape, (struct initial){.kind = INITIAL_CONSTANT});
}

static void append_update(struct graph *graph, const struct train_optimiser_options *options,
                          const struct train_optimiser *optimiser, const struct tensor *parameter) {
    const bool scaled = options->fine_tuning && options->layer_decay < 1;
    graph_adamw(graph,
                &(struct graph_adamw){
                    .parameter = parameter,
                    .m = state_of(graph, CHECKPOINT_FIRST_MOMENT, parameter),
                    .v = state_of(graph, CHECKPOINT_SECOND_MOMENT, parameter),
                    .gradient = graph_gradient(graph, parameter),
                    .schedule = optimiser->schedule,
                    .control = optimiser->control,
                    .rate_scale = scaled ? (float)train_rate_scale(parameter->name, options->layer_decay,
                                                                   options->encoder_depth)
                                         : 1.0F,
                    .beta1 = options->beta1,
                    .beta2 = options->beta2,
                    .epsilon = options->epsilon,
                    .weight_decay = train_decays(parameter, options->fine_tuning) ? options->weight_decay : 0,
                });
}

enum status train_optimiser_append(struct graph *graph, const struct train_optimiser_options *options,
                                   struct train_optimiser *optimiser) {
    TRY(graph_status(graph));
    const size_t tensors = graph_tensor_count(graph);
    graph_scope(graph, "optimiser");
    *optimiser = (struct train_optimiser){.segment = graph_segment(graph),
                                          .schedule = graph_input(graph, "schedule", SHAPE(3)),
                                          .beta1 = options->beta1,
                                          .beta2 = options->beta2};
    size_t parts = 0;
    for (size_t i = 0; i < tensors; i++)
        if (is_trained(graph, graph_tensor(graph, i)))
            parts += parts_of(graph_tensor(graph, i));
    if (parts == 0)
        return status_set(STATUS_INTERNAL, "the graph has no parameter to train");
    const struct tensor *const partial = graph_activation(graph, SHAPE(parts));
    size_t first = 0;
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const parameter = graph_tensor(graph, i);
        if (!is_trained(graph, parameter))
            continue;
        graph_square_sum(graph, partial, graph_gradient(graph, parameter), first, parts_of(parameter));
        first += parts_of(parameter);
    }
    optimiser->control =
        graph_output(graph, graph_clip_factor(graph, partial, options->clip_norm), "optimiser.control");
    for (size_t i = 0; i < tensors; i++)
        if (is_trained(graph, graph_tensor(graph, i)))
            append_update(graph, options, optimiser, graph_tensor(graph, i));
    return graph_status(graph);
}

void train_average_append(struct graph *graph, double decay) {
    const size_t tensors = graph_tensor_count(graph);
    graph_scope(graph, "average of weights");
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const parameter = graph_tensor(graph, i);
        if (is_trained(graph, parameter))
            graph_ema(graph, state_of(graph, CHECKPOINT_AVERAGE, parameter), parameter, (float)decay);
    }
}

enum status train_optimiser_write(struct executor *executor, const struct train_optimiser *optimiser,
                                  double rate, uint64_t step) {
    const double t = (double)step + 1;
    const float schedule[3] = {(float)rate, (float)(1 - pow(optimiser->beta1, t)),
                               (float)(1 - pow(optimiser->beta2, t))};
    return executor_write(executor, optimiser->schedule, schedule);
}
