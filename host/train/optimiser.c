#include "train/optimiser.h"

#include "base/memory.h"
#include "graph/operators.h"
#include "train/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PART_ELEMENTS = 4096,             /* of a gradient, in a sum of its norm */
    GROUP_ELEMENTS = (128 << 20) / 4, /* what every device takes in one binding */
    NAME_SIZE = 256,
};

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

/* ---- the scale of the loss ---- */

static void first_scaler(float *out, struct shape shape, const size_t numbers[INITIAL_NUMBERS]) {
    memset(out, 0, shape_elements(shape) * sizeof *out);
    out[0] = (float)numbers[0];
}

const struct tensor *train_scaler(struct graph *graph, size_t scale) {
    const struct initial initial = {.kind = INITIAL_TABLE, .table = first_scaler, .numbers = {scale}};
    return graph_state(graph, CHECKPOINT_SCALER, SHAPE(4), initial);
}

const struct tensor *train_scale(struct graph *graph, const struct tensor *scaler) {
    return graph_slice(graph, graph_view(graph, scaler, SHAPE(1, 4, 1)), 0, 1);
}

/* ---- groups: parameters that are updated alike, packed side by side ---- */

enum { PARAMETER, FIRST_MOMENT, SECOND_MOMENT, GRADIENT, ROLES };

struct update {
    const struct tensor *tensors[ROLES]; /* of one parameter */
    float rate_scale, weight_decay;
    size_t group;
};

struct group {
    float rate_scale, weight_decay;
    size_t elements;
    const struct tensor *packs[ROLES];
};

struct groups {
    struct update *updates;
    struct group *groups;
    const struct tensor **members; /* scratch */
    size_t update_count, group_count;
};

/* The first group of these settings that has room, or a new one. */
static size_t group_of(struct groups *all, const struct update *update) {
    const size_t elements = graph_pack_elements(update->tensors[PARAMETER]);
    size_t i = 0;
    while (i < all->group_count && (all->groups[i].rate_scale != update->rate_scale ||
                                    all->groups[i].weight_decay != update->weight_decay ||
                                    all->groups[i].elements + elements > GROUP_ELEMENTS))
        i++;
    if (i == all->group_count)
        all->groups[all->group_count++] =
            (struct group){.rate_scale = update->rate_scale, .weight_decay = update->weight_decay};
    all->groups[i].elements += elements;
    return i;
}

/* The gradient as a tensor that can be packed: of two parameters that have the same one, the second gets a
 * copy. */
static const struct tensor *gradient_of(struct graph *graph, const struct groups *all,
                                        const struct tensor *parameter) {
    const struct tensor *const gradient = graph_gradient(graph, parameter)->base;
    bool alone = gradient->kind == TENSOR_ACTIVATION;
    for (size_t i = 0; i < all->update_count; i++)
        alone = alone && all->updates[i].tensors[GRADIENT] != gradient;
    return alone ? gradient : graph_scale(graph, gradient, 1);
}

static void add_update(struct graph *graph, struct groups *all, const struct train_optimiser_options *options,
                       const struct tensor *parameter) {
    const bool scaled = options->fine_tuning && options->layer_decay < 1;
    struct update update = {
        .tensors = {[PARAMETER] = parameter,
                    [FIRST_MOMENT] = state_of(graph, CHECKPOINT_FIRST_MOMENT, parameter),
                    [SECOND_MOMENT] = state_of(graph, CHECKPOINT_SECOND_MOMENT, parameter),
                    [GRADIENT] = gradient_of(graph, all, parameter)},
        .rate_scale =
            scaled ? (float)train_rate_scale(parameter->name, options->layer_decay, options->encoder_depth)
                   : 1.0F,
        .weight_decay = train_decays(parameter, options->fine_tuning) ? options->weight_decay : 0,
    };
    update.group = group_of(all, &update);
    all->updates[all->update_count++] = update;
}

static const struct tensor *pack_role(struct graph *graph, const struct groups *all, size_t group, int role) {
    size_t count = 0;
    for (size_t i = 0; i < all->update_count; i++)
        if (all->updates[i].group == group)
            all->members[count++] = all->updates[i].tensors[role];
    return graph_pack(graph, all->members, count);
}

static enum status make_groups(struct graph *graph, const struct train_optimiser_options *options,
                               struct groups *all) {
    const size_t tensors = graph_tensor_count(graph);
    TRY(memory_new(&all->updates, tensors, sizeof *all->updates));
    TRY(memory_new(&all->groups, tensors, sizeof *all->groups));
    TRY(memory_new(&all->members, tensors, sizeof *all->members));
    for (size_t i = 0; i < tensors; i++)
        if (is_trained(graph, graph_tensor(graph, i)))
            add_update(graph, all, options, graph_tensor(graph, i));
    if (all->update_count == 0)
        return status_set(STATUS_INTERNAL, "the graph has no parameter to train");
    for (size_t i = 0; i < all->group_count; i++)
        for (int role = 0; role < ROLES; role++)
            all->groups[i].packs[role] = pack_role(graph, all, i, role);
    return graph_status(graph);
}

/* ---- the update ---- */

/* Whole fours of GRAPH_PACK_ELEMENTS, so that nothing lies between the sums of two groups. */
static size_t parts_of(const struct group *group) {
    const size_t parts = (group->elements + PART_ELEMENTS - 1) / PART_ELEMENTS;
    return (parts + GRAPH_PACK_ELEMENTS - 1) / GRAPH_PACK_ELEMENTS * GRAPH_PACK_ELEMENTS;
}

/* The squares of all gradients, summed in parts. */
static const struct tensor *square_sums(struct graph *graph, const struct groups *all) {
    for (size_t i = 0; i < all->group_count; i++) {
        all->members[i] = graph_activation(graph, SHAPE(parts_of(&all->groups[i])));
        graph_square_sum(graph, all->members[i], all->groups[i].packs[GRADIENT]);
    }
    return graph_pack(graph, all->members, all->group_count);
}

static void append_update(struct graph *graph, const struct train_optimiser_options *options,
                          const struct train_optimiser *optimiser, const struct group *group) {
    graph_adamw(graph, &(struct graph_adamw){
                           .parameter = group->packs[PARAMETER],
                           .m = group->packs[FIRST_MOMENT],
                           .v = group->packs[SECOND_MOMENT],
                           .gradient = group->packs[GRADIENT],
                           .schedule = optimiser->schedule,
                           .control = optimiser->control,
                           .rate_scale = group->rate_scale,
                           .beta1 = options->beta1,
                           .beta2 = options->beta2,
                           .epsilon = options->epsilon,
                           .weight_decay = group->weight_decay,
                       });
}

static enum status append(struct graph *graph, const struct train_optimiser_options *options,
                          struct train_optimiser *optimiser, struct groups *all) {
    TRY(make_groups(graph, options, all));
    const struct tensor *const control = graph_clip_factor(
        graph, square_sums(graph, all), options->scaler, options->clip_norm, options->beta1, options->beta2);
    optimiser->control = graph_output(graph, control, "optimiser.control");
    graph_loss_scale(graph, options->scaler, control, options->scale_every);
    for (size_t i = 0; i < all->group_count; i++)
        append_update(graph, options, optimiser, &all->groups[i]);
    return graph_status(graph);
}

enum status train_optimiser_append(struct graph *graph, const struct train_optimiser_options *options,
                                   struct train_optimiser *optimiser) {
    TRY(graph_status(graph));
    graph_scope(graph, "optimiser");
    *optimiser = (struct train_optimiser){.segment = graph_segment(graph),
                                          .schedule = graph_input(graph, "schedule", SHAPE(1)),
                                          .scaler = options->scaler};
    struct groups all = {0};
    const enum status status = append(graph, options, optimiser, &all);
    free(all.updates);
    free(all.groups);
    free(all.members);
    return status;
}

void train_average_append(struct graph *graph, const struct tensor *control, double decay) {
    const size_t tensors = graph_tensor_count(graph);
    struct graph_follower *followers;
    size_t count = 0;
    graph_scope(graph, "average of weights");
    if (memory_new(&followers, tensors + 1, sizeof *followers) != STATUS_OK) {
        graph_fail(graph, STATUS_MEMORY, "%s", status_message());
        return;
    }
    for (size_t i = 0; i < tensors; i++) {
        const struct tensor *const parameter = graph_tensor(graph, i);
        if (is_trained(graph, parameter))
            followers[count++] =
                (struct graph_follower){state_of(graph, CHECKPOINT_AVERAGE, parameter), parameter};
    }
    graph_ema_all(graph, followers, count, control, (float)decay);
    free(followers);
}

enum status train_optimiser_write(struct executor *executor, const struct train_optimiser *optimiser,
                                  double rate) {
    const float schedule[1] = {(float)rate};
    return executor_write(executor, optimiser->schedule, schedule);
}
