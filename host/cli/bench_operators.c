/* bench_operators.c: the speed of single operators: each alone in a graph, with its inputs in the device's
 * memory, timed by the device's clock where it has one. */
#include "cli/bench.h"

#include "base/precision.h"
#include "cli/ceiling.h"
#include "cli/json.h"
#include "cli/measure.h"
#include "cli/tiles.h"
#include "graph/operator_index.h"
#include "graph/operators.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DIMENSIONS = 4 };

/* Where operators run, and how often. */
struct place {
    struct gpu_device *device;
    struct tiles *tiles; /* of products, as in the step */
    size_t repeat;
};

struct measured {
    double milliseconds;      /* median */
    double gflops, gigabytes; /* a second; gflops 0: it is no product */
};

/* ---- a graph of one node ---- */

/* The node again, with tensors of its own: what it reads can be written by the host. */
static void copy_node(struct graph *graph, const struct graph_node *node) {
    const struct operator_info *const info = operator_info(node->operator);
    union graph_value values[OPERATOR_MAX_ARGUMENTS] = {0};
    for (uint32_t i = 0; i < info->argument_count; i++) {
        const enum argument_kind kind = info->arguments[i].kind;
        if (kind == ARGUMENT_SIZE)
            values[i].size = node->numbers[i].size;
        else if (kind == ARGUMENT_REAL)
            values[i].real = node->numbers[i].real;
        else if (node->tensors[i] != NULL) {
            const struct shape shape = node->tensors[i]->shape;
            values[i].tensor = argument_is_unsigned(kind) ? graph_activation_unsigned(graph, shape)
                                                          : graph_activation(graph, shape);
            if (argument_is_read(kind))
                graph_output(graph, values[i].tensor, info->arguments[i].name);
        }
    }
    graph_append(graph, node->operator, values);
}

/* ---- measuring ---- */

static enum status measure_graph(struct graph *graph, const struct place *place, struct measured *out) {
    const struct graph_node *const node = graph_node(graph, 0);
    /* An executor may cut the node in two: what it is comes from before. */
    const double work = cli_node_is_product(node) ? graph_node_work(node) : 0, bytes = cli_node_bytes(node);
    TRY(cli_measure_graph(&out->milliseconds, graph, place->device, place->tiles, place->repeat));
    out->gflops = 1e-6 * work / out->milliseconds;
    out->gigabytes = 1e-6 * bytes / out->milliseconds;
    return STATUS_OK;
}

static enum status measure_node(const struct graph_node *node, const struct place *place,
                                struct measured *out) {
    struct graph *graph;
    TRY(graph_create(&graph));
    copy_node(graph, node);
    enum status status = graph_status(graph);
    if (status == STATUS_OK)
        status = measure_graph(graph, place, out);
    graph_destroy(graph);
    return status;
}

/* ---- a product of any shape ---- */

/* "MxNxK" or "BxMxNxK". */
static enum status read_shape(const char *text, size_t sizes[MOST_DIMENSIONS]) {
    size_t count = 0, found[MOST_DIMENSIONS];
    for (const char *rest = text; count < MOST_DIMENSIONS; rest++) {
        char *end;
        const unsigned long long value = strtoull(rest, &end, 10);
        if (rest[0] < '1' || rest[0] > '9' || value > UINT32_MAX)
            break;
        found[count++] = (size_t)value;
        rest = end;
        if (*rest == '\0' && count >= 3) {
            sizes[0] = 1;
            memcpy(sizes + MOST_DIMENSIONS - count, found, count * sizeof *found);
            return STATUS_OK;
        }
        if (*rest != 'x')
            break;
    }
    return status_set(STATUS_USAGE, "--shape %s: three or four sizes are needed, as in 1024x1536x384", text);
}

static enum status read_transpose(const char *text, bool *a, bool *b) {
    const char *const word = text ? text : "nn";
    *a = word[0] == 't';
    *b = word[0] != '\0' && word[1] == 't';
    if ((word[0] == 'n' || word[0] == 't') && (word[1] == 'n' || word[1] == 't') && word[2] == '\0')
        return STATUS_OK;
    return status_set(STATUS_USAGE, "--transpose %s: choose nn, nt, tn or tt", text);
}

static void append_product(struct graph *graph, const size_t s[MOST_DIMENSIONS], bool transpose_a,
                           bool transpose_b, enum precision precision) {
    const size_t batch = s[0], m = s[1], n = s[2], k = s[3];
    const struct tensor *const a =
        graph_activation(graph, transpose_a ? SHAPE(batch, k, m) : SHAPE(batch, m, k));
    const struct tensor *const b =
        graph_activation(graph, transpose_b ? SHAPE(batch, n, k) : SHAPE(batch, k, n));
    graph_output(graph, a, "a");
    graph_output(graph, b, "b");
    graph_append_product(
        graph, graph_activation(graph, SHAPE(batch, m, n)),
        &(struct graph_product){a, b, NULL, batch, m, n, k, transpose_a, transpose_b, precision});
}

static json_t *product_json(const struct cli_values *values, enum precision precision,
                            const struct gpu_device *device, const struct measured *m) {
    return json_pack("{s:s, s:s, s:s, s:s, s:f, s:f, s:f, s:o, s:o}", "op", "matmul", "shape",
                     cli_text(values, "shape"), "transpose",
                     cli_text(values, "transpose") ? cli_text(values, "transpose") : "nn", "precision",
                     precision_name(precision), "gflops", m->gflops, "gigabytes_per_second", m->gigabytes,
                     "milliseconds", m->milliseconds, "device", cli_json_text(cli_device_name(device)),
                     "driver", cli_json_text(cli_driver_name(device)));
}

static void print_product(const json_t *row) {
    printf("matmul %s %s %s: %.3f ms, %.2f GFLOP/s on %s (%s)",
           json_string_value(json_object_get(row, "shape")),
           json_string_value(json_object_get(row, "transpose")),
           json_string_value(json_object_get(row, "precision")),
           json_real_value(json_object_get(row, "milliseconds")),
           json_real_value(json_object_get(row, "gflops")), json_string_value(json_object_get(row, "device")),
           json_string_value(json_object_get(row, "driver")));
    bench_print_ratio(row);
}

static enum status bench_product(const struct cli_values *values, enum precision precision,
                                 const struct place *place) {
    size_t sizes[MOST_DIMENSIONS] = {0};
    bool transpose_a, transpose_b;
    struct graph *graph;
    struct measured measured = {0};
    TRY(read_shape(cli_text(values, "shape"), sizes));
    TRY(read_transpose(cli_text(values, "transpose"), &transpose_a, &transpose_b));
    TRY(graph_create(&graph));
    append_product(graph, sizes, transpose_a, transpose_b, precision);
    enum status status = graph_status(graph);
    if (status == STATUS_OK)
        status = measure_graph(graph, place, &measured);
    graph_destroy(graph);
    if (status != STATUS_OK)
        return status;
    return bench_tell(values, product_json(values, precision, place->device, &measured), print_product);
}

/* ---- the operators of a step ---- */

/* The same operator with the same sizes and the same optional tensors. */
static bool same_work(const struct graph_node *a, const struct graph_node *b) {
    if (a->operator!= b->operator)
        return false;
    const struct operator_info *const info = operator_info(a->operator);
    for (uint32_t i = 0; i < info->argument_count; i++) {
        const bool is_stream = strcmp(info->arguments[i].name, "stream") == 0;
        const bool is_place = strcmp(info->arguments[i].name, "first") == 0;
        if (argument_is_tensor(info->arguments[i].kind) && (a->tensors[i] == NULL) != (b->tensors[i] == NULL))
            return false;
        if (info->arguments[i].kind == ARGUMENT_SIZE && !is_stream && !is_place &&
            a->numbers[i].size != b->numbers[i].size)
            return false;
    }
    return true;
}

static bool is_new(const struct graph *graph, size_t index) {
    for (size_t i = 0; i < index; i++)
        if (same_work(graph_node(graph, i), graph_node(graph, index)))
            return false;
    return true;
}

static json_t *row_json(const struct graph_node *node, const struct measured *m,
                        const struct cli_ceilings *ceilings) {
    char sizes[CLI_SIZES_TEXT];
    const struct cli_least least = cli_least_time(ceilings, node);
    json_t *const row = json_pack("{s:s, s:s, s:f, s:f, s:f, s:s}", "op", operator_info(node->operator)->name,
                                  "sizes", cli_node_sizes(node, sizes), "milliseconds", m->milliseconds,
                                  "gigabytes_per_second", m->gigabytes, "of_ceiling",
                                  1e3 * least.seconds / m->milliseconds, "ceiling", least.ceiling);
    if (row != NULL && m->gflops > 0)
        json_object_set_new(row, "gflops", json_real(m->gflops));
    return row;
}

static enum status measure_all(const struct graph *graph, enum operator_id only, const struct place *place,
                               const struct cli_ceilings *ceilings, json_t *rows) {
    for (size_t i = 0; i < graph_node_count(graph); i++) {
        const struct graph_node *const node = graph_node(graph, i);
        struct measured measured = {0};
        if ((only != OPERATOR_COUNT && node->operator!= only) || !is_new(graph, i))
            continue;
        cli_show("node %zu of %zu", i + 1, graph_node_count(graph));
        TRY(measure_node(node, place, &measured));
        json_array_append_new(rows, row_json(node, &measured, ceilings));
    }
    cli_show("%s", "");
    return STATUS_OK;
}

static void print_row(const json_t *row) {
    char gflops[32] = "";
    const json_t *const rate = json_object_get(row, "gflops");
    if (rate != NULL)
        snprintf(gflops, sizeof gflops, "%.2f", json_real_value(rate));
    printf("%-28s %-30s %10.3f %9s %8.2f %6.1f%% of %s", json_string_value(json_object_get(row, "op")),
           json_string_value(json_object_get(row, "sizes")),
           json_real_value(json_object_get(row, "milliseconds")), gflops,
           json_real_value(json_object_get(row, "gigabytes_per_second")),
           100 * json_real_value(json_object_get(row, "of_ceiling")),
           json_string_value(json_object_get(row, "ceiling")));
    bench_print_ratio(row);
}

static void print_operators(const json_t *result) {
    size_t i;
    const json_t *row, *const ceilings = json_object_get(result, "ceilings");
    printf("operators on %s (%s), each alone\n", json_string_value(json_object_get(result, "device")),
           json_string_value(json_object_get(result, "driver")));
    cli_print_ceilings(ceilings);
    printf("%-28s %-30s %10s %9s %8s %s\n", "operator", "sizes", "ms", "GFLOP/s", "GB/s",
           "share of its ceiling");
    json_array_foreach(json_object_get(result, "operators"), i, row) {
        print_row(row);
    }
}

static enum status check_found(const struct graph *graph, enum operator_id only) {
    for (size_t i = 0; i < graph_node_count(graph); i++)
        if (only == OPERATOR_COUNT || graph_node(graph, i)->operator== only)
            return STATUS_OK;
    return status_set(STATUS_USAGE, "--op %s: the step has no such operator; choose another --preset",
                      operator_info(only)->name);
}

static enum status bench_graph(const struct cli_values *values, const struct graph *graph,
                               enum operator_id only, const struct place *place) {
    struct cli_ceilings ceilings;
    TRY(check_found(graph, only));
    TRY(cli_measure_ceilings(&ceilings, graph, place->device, place->tiles));
    json_t *const rows = json_array();
    const enum status status = measure_all(graph, only, place, &ceilings, rows);
    if (status != STATUS_OK) {
        json_decref(rows);
        return status;
    }
    return bench_tell(values,
                      json_pack("{s:o, s:o, s:o, s:o}", "operators", rows, "ceilings",
                                cli_ceilings_json(&ceilings), "device",
                                cli_json_text(cli_device_name(place->device)), "driver",
                                cli_json_text(cli_driver_name(place->device))),
                      print_operators);
}

static enum status find_operator(const char *name, enum operator_id *out) {
    *out = OPERATOR_COUNT;
    if (name == NULL)
        return STATUS_OK;
    *out = operator_by_name(name);
    if (*out != OPERATOR_COUNT)
        return STATUS_OK;
    return status_set(STATUS_USAGE, "--op %s: no such operator; spec/operators.def lists them", name);
}

/* Makes the choices that the step itself would make; its own graph is cut and fused
 * as the device needs it. */
static enum status choose_tiles(const struct settings *settings, const struct train_step_options *options,
                                struct tiles *tiles) {
    struct train_step *step;
    struct plan *plan = NULL;
    if (tiles == NULL)
        return STATUS_OK;
    TRY(train_step_describe(&step, settings, options));
    enum status status = executor_make_plan(&plan, step->graph, options->device);
    if (status == STATUS_OK)
        status = tiles_complete(tiles, step->graph);
    plan_destroy(plan);
    train_step_destroy(step);
    return status;
}

static enum status bench_step_operators(const struct cli_values *values, const struct settings *settings,
                                        enum operator_id only, const struct place *place) {
    struct train_step_options options = {.batch = (size_t)settings_part_rows(settings),
                                         .device = place->device};
    struct train_step *step;
    TRY(choose_tiles(settings, &options, place->tiles));
    options.device = NULL; /* the step is only looked at */
    TRY(train_step_create(&step, settings, &options));
    const enum status status = bench_graph(values, step->graph, only, place);
    train_step_destroy(step);
    return status;
}

enum status bench_operators(const struct cli_values *values, struct gpu_device *device, size_t repeat) {
    enum operator_id only;
    struct settings settings;
    struct place place = {.device = device, .repeat = repeat};
    TRY(find_operator(cli_text(values, "op"), &only));
    if (cli_given(values, "shape") && only != OPERATOR_matmul)
        return status_set(STATUS_USAGE,
                          "--shape is for --op matmul; without it the sizes of a step are taken");
    TRY(cli_step_settings(values, &settings));
    const struct tiles_options tiles = cli_tiles((enum tiles_mode)settings.tiles);
    TRY(tiles_open(&place.tiles, device, &tiles));
    const enum status status = cli_given(values, "shape")
                                   ? bench_product(values, (enum precision)settings.precision, &place)
                                   : bench_step_operators(values, &settings, only, &place);
    tiles_close(place.tiles);
    return status;
}
