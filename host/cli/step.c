#include "cli/step.h"
#include "cli/tiles.h"

#include "base/memory.h"
#include "base/philox.h"
#include "graph/operator_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- settings ---- */

enum status cli_objective(enum settings_objective *out, const char *option, const char *name) {
    struct settings settings;
    settings_defaults(&settings);
    const char *const word = strcmp(name, "recogniser") == 0 ? "recognition" : name;
    if (settings_set(&settings, "objective", word) != STATUS_OK)
        return status_set(STATUS_USAGE, "--%s %s: choose mae, lmim, mnsp or recognition", option, name);
    *out = settings.objective;
    return STATUS_OK;
}

static const char *standard_preset(enum settings_objective objective) {
    static const char *const presets[] = {[SETTINGS_OBJECTIVE_MAE] = "mae-small",
                                          [SETTINGS_OBJECTIVE_LMIM] = "lmim-small",
                                          [SETTINGS_OBJECTIVE_MNSP] = "mnsp-small",
                                          [SETTINGS_OBJECTIVE_RECOGNITION] = "recogniser-small"};
    return presets[objective];
}

const char *cli_step_preset(const struct cli_values *values, const struct settings *settings) {
    const char *const given = cli_text(values, "preset");
    return given ? given : standard_preset(settings->objective);
}

enum status cli_step_settings(const struct cli_values *values, struct settings *settings) {
    enum settings_objective objective = SETTINGS_OBJECTIVE_LMIM;
    const char *const step = cli_text(values, "step");
    if (step != NULL)
        TRY(cli_objective(&objective, "step", step));
    settings_defaults(settings);
    TRY(cli_settings(values, standard_preset(objective), settings));
    if (step != NULL)
        settings->objective = objective;
    long long batch = 8;
    TRY(cli_number(values, "batch", 1, &batch));
    settings->batch = batch;
    settings->views = 1;    /* a row counts as an image */
    settings->min_rate = 0; /* of no use here, and it may be above the rate of a small batch */
    return settings_check(settings);
}

/* ---- a step with made-up inputs ---- */

static enum status write_noise(struct executor *executor, const struct tensor *tensor, uint64_t seed) {
    if (tensor == NULL)
        return STATUS_OK;
    float *values;
    TRY(memory_new(&values, tensor->elements, sizeof *values));
    struct philox random = philox_start(seed, PHILOX_STREAM_TEST, tensor->id, 0);
    for (size_t i = 0; i < tensor->elements; i++)
        values[i] = philox_next_between(&random, -1, 1);
    const enum status status = executor_write(executor, tensor, values);
    free(values);
    return status;
}

/* Words of every length, of the first characters of the set. */
static enum status write_words(struct train_step *step, size_t characters) {
    const struct objective *const o = &step->objective;
    if (o->target == NULL)
        return STATUS_OK;
    const size_t batch = step->batch, places = o->target->elements / batch;
    uint32_t *target, *length = NULL;
    TRY(memory_new(&target, batch * places, sizeof *target));
    enum status status = memory_new(&length, batch, sizeof *length);
    for (size_t b = 0; status == STATUS_OK && b < batch; b++) {
        const size_t word = 1 + b * 3 % (places - 1);
        for (size_t t = 0; t < places; t++)
            target[b * places + t] = (uint32_t)(t < word ? t % characters : characters + (t > word));
        length[b] = (uint32_t)word + 1;
    }
    if (status == STATUS_OK)
        status = executor_write(step->executor, o->target, target);
    if (status == STATUS_OK)
        status = executor_write(step->executor, o->length, length);
    free(target);
    free(length);
    return status;
}

static enum status fill(struct train_step *step, uint64_t seed) {
    TRY(executor_initialise(step->executor, seed));
    TRY(write_noise(step->executor, step->objective.image, seed));
    TRY(write_noise(step->executor, step->objective.guidance, seed));
    TRY(write_words(step, step->objective_settings.characters));
    return executor_run(step->executor, step->start_segment);
}

enum status cli_step_create(struct train_step **out, const struct settings *settings,
                            struct gpu_device *device, bool timed) {
    TRY(train_step_create(
        out, settings,
        &(struct train_step_options){.batch = (size_t)settings_part_rows(settings),
                                     .parts = (size_t)settings->accumulate,
                                     .device = device,
                                     .timed = timed,
                                     .tiles = cli_tiles((enum tiles_mode)settings->tiles)}));
    const enum status status = fill(*out, (uint64_t)settings->seed);
    if (status != STATUS_OK) {
        train_step_destroy(*out);
        *out = NULL;
    }
    return status;
}

/* ---- what a node costs ---- */

double cli_node_bytes(const struct graph_node *node) {
    const struct operator_info *const info = operator_info(node->operator);
    double bytes = 0;
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
        const double times = info->arguments[i].kind == ARGUMENT_INOUT ? 2 : 1;
        if (node->tensors[i] != NULL)
            bytes += times * (double)tensor_bytes(node->tensors[i]);
    }
    return bytes;
}

bool cli_node_is_product(const struct graph_node *node) {
    switch (node->operator) {
    case OPERATOR_matmul:
    case OPERATOR_attention:
    case OPERATOR_attention_backward_query:
    case OPERATOR_attention_backward_key_value:
        return true;
    default:
        return false;
    }
}

static size_t number(const struct graph_node *node, const char *argument) {
    return node->numbers[operator_argument_index(node->operator, argument)].size;
}

static const struct tensor *largest_tensor(const struct graph_node *node) {
    const struct tensor *largest = node->tensors[0];
    for (uint32_t i = 1; i < operator_tensor_count(node->operator); i++)
        if (node->tensors[i] != NULL && node->tensors[i]->elements > largest->elements)
            largest = node->tensors[i];
    return largest;
}

static void matmul_sizes(const struct graph_node *node, char text[CLI_SIZES_TEXT]) {
    char stack[32] = "";
    if (number(node, "batch") > 1)
        snprintf(stack, sizeof stack, "%zux", number(node, "batch"));
    snprintf(text, CLI_SIZES_TEXT, "%s%zux%zux%zu %c%c", stack, number(node, "m"), number(node, "n"),
             number(node, "k"), number(node, "transpose_a") ? 't' : 'n',
             number(node, "transpose_b") ? 't' : 'n');
}

static void attention_sizes(const struct graph_node *node, char text[CLI_SIZES_TEXT]) {
    const bool dropout = node->tensors[operator_argument_index(node->operator, "random")] != NULL;
    snprintf(text, CLI_SIZES_TEXT, "%zux%zu %zux%zux%zu%s%s", number(node, "batch"), number(node, "heads"),
             number(node, "queries"), number(node, "keys"), number(node, "head_width"),
             number(node, "causal") ? " causal" : "", dropout ? " dropout" : "");
}

const char *cli_node_sizes(const struct graph_node *node, char text[CLI_SIZES_TEXT]) {
    if (node->operator== OPERATOR_matmul)
        matmul_sizes(node, text);
    else if (cli_node_is_product(node))
        attention_sizes(node, text);
    else
        shape_text(largest_tensor(node)->shape, text);
    return text;
}

/* ---- times ---- */

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double cli_median(double *values, size_t count) {
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare);
    return (values[(count - 1) / 2] + values[count / 2]) / 2;
}
