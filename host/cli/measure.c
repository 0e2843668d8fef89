#include "cli/measure.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/philox.h"
#include "cli/step.h"
#include "graph/executor.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 200, LEAST_RUNS = 3 };
static const double time_for_one = 0.5; /* seconds */

/* Integers that the operator can live with: indices in their range, everything visible, everything removed.
 */
static uint32_t integer_of(const struct graph_node *node, const char *name, size_t i) {
    const struct operator_info *const info = operator_info(node->operator);
    static const char *const ranges[] = {"rows", "classes"};
    if (strcmp(name, "removed") == 0)
        return 1;
    if (strcmp(name, "lengths") == 0)
        return (uint32_t)node->numbers[operator_argument_index(node->operator, "keys")].size;
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        const uint32_t argument = operator_argument_index(node->operator, ranges[r]);
        const bool is_index = strcmp(name, "index") == 0 || strcmp(name, "target") == 0;
        if (is_index && argument < info->argument_count &&
            (strcmp(name, "index") == 0) == (strcmp(ranges[r], "rows") == 0))
            return (uint32_t)(i % node->numbers[argument].size);
    }
    return (uint32_t)i;
}

static enum status fill(struct executor *executor, const struct graph_node *node) {
    const struct operator_info *const info = operator_info(node->operator);
    for (uint32_t t = 0; t < operator_tensor_count(node->operator); t++) {
        const struct tensor *const tensor = node->tensors[t];
        if (tensor == NULL || !argument_is_read(info->arguments[t].kind))
            continue;
        uint32_t *words;
        TRY(memory_new(&words, tensor->elements, sizeof *words));
        for (size_t i = 0; i < tensor->elements; i++) {
            const float value = philox_uniform(1, PHILOX_STREAM_TEST, t, i);
            if (tensor->is_unsigned)
                words[i] = integer_of(node, info->arguments[t].name, i);
            else
                memcpy(&words[i], &value, sizeof value);
        }
        const enum status status = executor_write(executor, tensor, words);
        free(words);
        TRY(status);
    }
    return STATUS_OK;
}

static double device_milliseconds(const struct executor *executor, const struct graph *graph) {
    double nanoseconds = 0;
    for (size_t i = 0; i < graph_node_count(graph); i++)
        nanoseconds += executor_nanoseconds(executor, i);
    return 1e-6 * nanoseconds;
}

static enum status time_runs(struct executor *executor, const struct graph *graph, size_t repeat,
                             double *median) {
    double times[MOST_RUNS];
    size_t count = 0;
    TRY(executor_run(executor, 0)); /* compiles, and warms up */
    const size_t most = repeat && repeat < MOST_RUNS ? repeat : MOST_RUNS;
    const double first = clock_seconds();
    while (count < most && (repeat || count < LEAST_RUNS || clock_seconds() - first < time_for_one)) {
        const double begin = clock_seconds();
        TRY(executor_run(executor, 0));
        const double host = 1e3 * (clock_seconds() - begin), device = device_milliseconds(executor, graph);
        times[count++] = device > 0 ? device : host;
    }
    *median = cli_median(times, count);
    return STATUS_OK;
}

enum status cli_measure_graph(double *milliseconds, struct graph *graph, struct gpu_device *device,
                              struct tiles *tiles, size_t repeat) {
    struct executor *executor;
    TRY(executor_create_tiled(&executor, graph, device, true, tiles));
    enum status status = fill(executor, graph_node(graph, 0));
    if (status == STATUS_OK)
        status = time_runs(executor, graph, repeat, milliseconds);
    executor_destroy(executor);
    return status;
}
