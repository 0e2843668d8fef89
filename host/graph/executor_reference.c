/* executor_reference.c: runs a plan by calling the scalar reference, node after node. */
#include "base/clock.h"
#include "base/memory.h"
#include "graph/executor_internal.h"
#include "graph/perturb.h"

#include <stdlib.h>
#include <string.h>

struct reference_executor {
    const struct graph *graph;
    const struct plan *plan;
    unsigned char **arenas;
    /* By argument, of tensors that are stored in 16 bits: as the reference takes them. */
    float *wide[OPERATOR_MAX_TENSORS];
    size_t wide_elements[OPERATOR_MAX_TENSORS];
    double *nanoseconds; /* by node; NULL when not timed */
    struct perturbation perturbation;
    struct post {
        size_t count, bytes[EXECUTOR_POST_TENSORS];
        void *copies[EXECUTOR_POST_TENSORS];
    } posts[EXECUTOR_POSTS];
};

static void *address(const struct reference_executor *self, const struct tensor *tensor) {
    const struct plan_place place = self->plan->places[tensor->id];
    return self->arenas[place.arena] + place.offset;
}

static enum status reference_write(void *executor, const struct tensor *tensor, const void *data) {
    memcpy(address(executor, tensor), data, tensor_bytes(tensor));
    return STATUS_OK;
}

static enum status reference_read(void *executor, const struct tensor *tensor, void *data) {
    memcpy(data, address(executor, tensor), tensor_bytes(tensor));
    return STATUS_OK;
}

/* The argument with the same memory that comes first: q, k and v may be parts of one tensor. */
static uint32_t first_with_base(const struct graph_node *node, uint32_t argument) {
    uint32_t i = 0;
    while (node->tensors[i] == NULL || node->tensors[i]->base != node->tensors[argument]->base)
        i++;
    return i;
}

/* Copies in 32 bits of all tensors that are stored in 16, whether read or written in part. */
static enum status widen(struct reference_executor *self, const struct graph_node *node,
                         union operator_value *values) {
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
        const struct tensor *const tensor = node->tensors[i];
        if (tensor == NULL || tensor_format(tensor) == PRECISION_F32)
            continue;
        const uint32_t first = first_with_base(node, i);
        const uint16_t *const narrow = address(self, tensor);
        if (first == i)
            TRY(memory_reserve(&self->wide[i], &self->wide_elements[i], tensor->elements, sizeof(float)));
        for (size_t e = 0; first == i && e < tensor->elements; e++)
            self->wide[i][e] = precision_widen(narrow[e], tensor_format(tensor));
        values[i].tensor = self->wide[first];
    }
    return STATUS_OK;
}

static void narrow(struct reference_executor *self, const struct graph_node *node) {
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++) {
        const struct tensor *const tensor = node->tensors[i];
        if (tensor == NULL || tensor_format(tensor) == PRECISION_F32 || first_with_base(node, i) != i ||
            !argument_is_written(operator_info(node->operator)->arguments[i].kind))
            continue;
        uint16_t *const out = address(self, tensor);
        for (size_t e = 0; e < tensor->elements; e++)
            out[e] = precision_narrow(self->wide[i][e], tensor_format(tensor));
    }
}

static enum status run_node(struct reference_executor *self, const struct graph_node *node) {
    const struct operator_info *const info = operator_info(node->operator);
    const uint32_t tensors = operator_tensor_count(node->operator);
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    for (uint32_t i = 0; i < info->argument_count; i++) {
        if (i >= tensors)
            values[i] = node->numbers[i];
        else
            values[i].tensor = node->tensors[i] ? address(self, node->tensors[i]) : NULL;
    }
    TRY(widen(self, node, values));
    TRY(perturb_inputs(&self->perturbation, node, values));
    info->reference(values);
    narrow(self, node);
    return STATUS_OK;
}

static enum status reference_run(void *executor, uint32_t segment) {
    struct reference_executor *const self = executor;
    for (size_t i = 0; i < graph_node_count(self->graph); i++) {
        const struct graph_node *const node = graph_node(self->graph, i);
        if (node->segment != segment)
            continue;
        const double start = self->nanoseconds ? clock_seconds() : 0;
        TRY(run_node(self, node));
        if (self->nanoseconds)
            self->nanoseconds[i] = 1e9 * (clock_seconds() - start);
    }
    return STATUS_OK;
}

static enum status reference_finish(void *executor) {
    (void)executor;
    return STATUS_OK;
}

static void clear_post(struct post *post) {
    for (size_t i = 0; i < post->count; i++)
        free(post->copies[i]);
    post->count = 0;
}

static enum status reference_post(void *executor, size_t number, const struct tensor *const *tensors,
                                  size_t count) {
    struct reference_executor *const self = executor;
    struct post *const post = &self->posts[number];
    clear_post(post);
    for (size_t i = 0; i < count; i++) {
        post->bytes[i] = tensor_bytes(tensors[i]);
        TRY(memory_new(&post->copies[i], post->bytes[i], 1));
        post->count++;
        memcpy(post->copies[i], address(self, tensors[i]), post->bytes[i]);
    }
    return STATUS_OK;
}

static enum status reference_collect(void *executor, size_t number, void *const *data) {
    struct reference_executor *const self = executor;
    const struct post *const post = &self->posts[number];
    for (size_t i = 0; i < post->count; i++)
        memcpy(data[i], post->copies[i], post->bytes[i]);
    return STATUS_OK;
}

static enum status reference_perturb(void *executor, uint64_t seed, float magnitude) {
    struct reference_executor *const self = executor;
    self->perturbation.magnitude = magnitude;
    self->perturbation.random = philox_start(seed, PHILOX_STREAM_TEST, 0, 0);
    return STATUS_OK;
}

static struct executor_counts reference_counts(const void *executor, uint32_t segment) {
    const struct reference_executor *const self = executor;
    struct executor_counts counts = {0};
    for (size_t i = 0; i < graph_node_count(self->graph); i++)
        counts.dispatches += graph_node(self->graph, i)->segment == segment;
    return counts;
}

static double reference_nanoseconds(const void *executor, size_t node) {
    const struct reference_executor *const self = executor;
    return self->nanoseconds ? self->nanoseconds[node] : 0;
}

static void reference_destroy(void *executor) {
    struct reference_executor *const self = executor;
    for (uint32_t i = 0; self->arenas != NULL && i < self->plan->arena_count; i++)
        free(self->arenas[i]);
    free(self->arenas);
    for (size_t i = 0; i < EXECUTOR_POSTS; i++)
        clear_post(&self->posts[i]);
    for (size_t i = 0; i < OPERATOR_MAX_TENSORS; i++)
        free(self->wide[i]);
    perturb_free(&self->perturbation);
    free(self->nanoseconds);
    free(self);
}

static const struct executor_functions functions = {
    .write = reference_write,
    .read = reference_read,
    .run = reference_run,
    .start = reference_run,
    .finish = reference_finish,
    .post = reference_post,
    .collect = reference_collect,
    .perturb = reference_perturb,
    .counts = reference_counts,
    .nanoseconds = reference_nanoseconds,
    .destroy = reference_destroy,
};

enum status executor_create_reference(struct executor *executor, bool timed) {
    struct reference_executor *self;
    TRY(memory_new(&self, 1, sizeof *self));
    self->graph = executor->graph;
    self->plan = executor->plan;
    executor->self = self;
    executor->functions = &functions;
    TRY(memory_new(&self->arenas, executor->plan->arena_count, sizeof *self->arenas));
    for (uint32_t i = 0; i < executor->plan->arena_count; i++)
        TRY(memory_new(&self->arenas[i], executor->plan->arenas[i].bytes, 1));
    if (timed)
        TRY(memory_new(&self->nanoseconds, graph_node_count(executor->graph), sizeof *self->nanoseconds));
    return STATUS_OK;
}
