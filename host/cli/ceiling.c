#include "cli/ceiling.h"

#include "cli/measure.h"
#include "cli/step.h"
#include "graph/operators.h"

#include <stdio.h>

/* Larger than the caches of processors and GPUs, and large enough to keep all their units busy; small
 * for the scalar reference. */
static size_t copied_elements(const struct gpu_device *device) {
    return device == NULL ? (size_t)1 << 16 : (size_t)1 << 24;
}

static size_t product_size(const struct gpu_device *device) {
    if (device == NULL)
        return 64;
    return gpu_device_properties(device)->type == GPU_TYPE_CPU ? 1024 : 4096;
}

static enum status measure(double *rate, double amount, struct graph *graph, struct gpu_device *device,
                           struct tiles *tiles) {
    double milliseconds = 0;
    enum status status = graph_status(graph);
    if (status == STATUS_OK)
        status = cli_measure_graph(&milliseconds, graph, device, tiles, 0);
    graph_destroy(graph);
    *rate = milliseconds > 0 ? 1e3 * amount / milliseconds : 0;
    return status;
}

static enum status measure_copy(double *rate, struct gpu_device *device) {
    struct graph *graph;
    const size_t count = copied_elements(device);
    TRY(graph_create(&graph));
    graph_scale(graph, graph_output(graph, graph_activation(graph, SHAPE(count)), "x"), 1.0F);
    return measure(rate, 8.0 * (double)count, graph, device, NULL);
}

static enum status measure_product(double *rate, enum precision precision, struct gpu_device *device,
                                   struct tiles *tiles) {
    struct graph *graph;
    const size_t n = product_size(device);
    TRY(graph_create(&graph));
    const struct tensor *const a = graph_output(graph, graph_activation(graph, SHAPE(n, n)), "a"),
                               *const b = graph_output(graph, graph_activation(graph, SHAPE(n, n)), "b");
    graph_append_product(graph, graph_activation(graph, SHAPE(n, n)),
                         &(struct graph_product){a, b, NULL, 1, n, n, n, false, false, precision});
    return measure(rate, 2.0 * (double)n * (double)n * (double)n, graph, device, tiles);
}

static enum precision precision_of(const struct graph_node *node) {
    return (enum precision)node->numbers[operator_argument_index(node->operator, "rounding")].size;
}

enum status cli_measure_ceilings(struct cli_ceilings *out, const struct graph *graph,
                                 struct gpu_device *device, struct tiles *tiles) {
    bool used[PRECISION_COUNT] = {[PRECISION_F32] = true};
    *out = (struct cli_ceilings){0};
    for (size_t i = 0; i < graph_node_count(graph); i++)
        if (cli_node_is_product(graph_node(graph, i)))
            used[precision_of(graph_node(graph, i))] = true;
    cli_show("copy");
    TRY(measure_copy(&out->bytes, device));
    for (int p = 0; p < PRECISION_COUNT; p++) {
        cli_show("product, %s", precision_name((enum precision)p));
        if (used[p])
            TRY(measure_product(&out->flops[p], (enum precision)p, device, tiles));
    }
    cli_show("%s", "");
    return STATUS_OK;
}

struct cli_least cli_least_time(const struct cli_ceilings *ceilings, const struct graph_node *node) {
    const double memory = cli_node_bytes(node) / ceilings->bytes;
    if (!cli_node_is_product(node))
        return (struct cli_least){memory, "memory"};
    const enum precision precision = precision_of(node);
    const double arithmetic = graph_node_work(node) / ceilings->flops[precision];
    return arithmetic > memory ? (struct cli_least){arithmetic, precision_name(precision)}
                               : (struct cli_least){memory, "memory"};
}

json_t *cli_ceilings_json(const struct cli_ceilings *ceilings) {
    json_t *const out = json_pack("{s:f}", "gigabytes_per_second", 1e-9 * ceilings->bytes);
    for (int p = 0; out != NULL && p < PRECISION_COUNT; p++) {
        char key[32];
        snprintf(key, sizeof key, "%s_gflops", precision_name((enum precision)p));
        if (ceilings->flops[p] > 0)
            json_object_set_new(out, key, json_real(1e-9 * ceilings->flops[p]));
    }
    return out;
}

void cli_print_ceilings(const json_t *ceilings) {
    printf("ceilings, measured: a copy %.2f GB/s",
           json_real_value(json_object_get(ceilings, "gigabytes_per_second")));
    for (int p = 0; p < PRECISION_COUNT; p++) {
        char key[32];
        snprintf(key, sizeof key, "%s_gflops", precision_name((enum precision)p));
        if (json_object_get(ceilings, key) != NULL)
            printf(", a large product in %s %.2f GFLOP/s", precision_name((enum precision)p),
                   json_real_value(json_object_get(ceilings, key)));
    }
    printf("\n");
}
