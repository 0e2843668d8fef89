/* initial.c: the initial values of parameters, state and constants. */
#include "base/memory.h"
#include "base/philox.h"
#include "graph/executor_internal.h"

#include <stdlib.h>
#include <string.h>

/* FNV-1a. A parameter's values depend on its name, not on when it was declared. */
static uint32_t hash_name(const char *name) {
    uint32_t hash = 2166136261U;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619U;
    return hash;
}

static void fill(float *out, const struct tensor *tensor, uint64_t seed) {
    struct philox random = philox_start(seed, PHILOX_STREAM_INITIAL, hash_name(tensor->name), 0);
    const struct initial initial = tensor->initial;
    switch (initial.kind) {
    case INITIAL_CONSTANT:
        for (size_t i = 0; i < tensor->elements; i++)
            out[i] = initial.value;
        break;
    case INITIAL_NORMAL:
        for (size_t i = 0; i < tensor->elements; i++)
            out[i] = initial.value * philox_next_normal(&random);
        break;
    case INITIAL_UNIFORM:
        for (size_t i = 0; i < tensor->elements; i++)
            out[i] = philox_next_between(&random, -initial.value, initial.value);
        break;
    case INITIAL_TABLE:
        initial.table(out, tensor->shape, initial.numbers);
        break;
    }
}

enum status executor_initialise(struct executor *executor, uint64_t seed) {
    const struct graph *const graph = executor->graph;
    for (size_t i = 0; i < graph_tensor_count(graph); i++) {
        const struct tensor *const tensor = graph_tensor(graph, i);
        if (tensor->base != tensor || (tensor->kind != TENSOR_PARAMETER && tensor->kind != TENSOR_STATE &&
                                       tensor->kind != TENSOR_CONSTANT))
            continue;
        float *values;
        TRY(memory_new(&values, tensor->elements, sizeof *values));
        fill(values, tensor, seed);
        const enum status status = executor_write(executor, tensor, values);
        free(values);
        TRY(status);
    }
    return STATUS_OK;
}
