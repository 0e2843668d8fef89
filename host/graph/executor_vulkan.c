/* executor_vulkan.c: records every segment of a plan once, and replays it. */
#include "base/memory.h"
#include "graph/dispatch.h"
#include "graph/executor_internal.h"

#include <stdlib.h>

struct vulkan_executor {
    struct gpu_device *device;
    const struct graph *graph;
    const struct plan *plan;
    struct gpu_buffer **arenas;
    struct gpu_buffer *missing; /* bound where an optional tensor is not given; never read */
    struct gpu_recording **recordings;
    size_t *positions; /* of every node in the recording of its segment */
};

static enum status vulkan_write(void *executor, const struct tensor *tensor, const void *data) {
    const struct vulkan_executor *const self = executor;
    const struct plan_place place = self->plan->places[tensor->id];
    return gpu_buffer_write(self->arenas[place.arena], place.offset, data, (uint64_t)tensor->elements * 4);
}

static enum status vulkan_read(void *executor, const struct tensor *tensor, void *data) {
    const struct vulkan_executor *const self = executor;
    const struct plan_place place = self->plan->places[tensor->id];
    return gpu_buffer_read(self->arenas[place.arena], place.offset, data, (uint64_t)tensor->elements * 4);
}

static enum status vulkan_run(void *executor, uint32_t segment) {
    const struct vulkan_executor *const self = executor;
    return gpu_recording_run(self->recordings[segment]);
}

static struct executor_counts vulkan_counts(const void *executor, uint32_t segment) {
    const struct vulkan_executor *const self = executor;
    const struct gpu_recording *const recording = self->recordings[segment];
    return (struct executor_counts){.dispatches = gpu_recording_count(recording),
                                    .barriers = gpu_recording_barriers(recording),
                                    .submissions = gpu_recording_submissions(recording)};
}

static double vulkan_nanoseconds(const void *executor, size_t node) {
    const struct vulkan_executor *const self = executor;
    const uint32_t segment = graph_node(self->graph, node)->segment;
    return gpu_recording_nanoseconds(self->recordings[segment], self->positions[node]);
}

static void vulkan_destroy(void *executor) {
    struct vulkan_executor *const self = executor;
    for (uint32_t i = 0; self->recordings != NULL && i < graph_segment_count(self->graph); i++)
        gpu_recording_destroy(self->recordings[i]);
    for (uint32_t i = 0; self->arenas != NULL && i < self->plan->arena_count; i++)
        gpu_buffer_destroy(self->arenas[i]);
    gpu_buffer_destroy(self->missing);
    free(self->recordings);
    free(self->arenas);
    free(self->positions);
    free(self);
}

static const struct executor_functions functions = {
    .write = vulkan_write,
    .read = vulkan_read,
    .run = vulkan_run,
    .counts = vulkan_counts,
    .nanoseconds = vulkan_nanoseconds,
    .destroy = vulkan_destroy,
};

/* ---- recording ---- */

static struct gpu_binding binding_of(const struct vulkan_executor *self, const struct tensor *tensor,
                                     enum argument_kind kind) {
    if (tensor == NULL)
        return (struct gpu_binding){.buffer = self->missing, .bytes = gpu_buffer_bytes(self->missing)};
    const struct plan_place place = self->plan->places[tensor->id];
    return (struct gpu_binding){.buffer = self->arenas[place.arena],
                                .offset = place.offset,
                                .bytes = (uint64_t)tensor->elements * 4,
                                .written = argument_is_written(kind)};
}

static enum status record_node(struct vulkan_executor *self, const struct graph_node *node,
                               const struct tiles *tiles) {
    const struct operator_info *const info = operator_info(node->operator);
    const uint32_t tensors = operator_tensor_count(node->operator);
    uint32_t present = 0;
    struct gpu_dispatch dispatch = {.label = info->name};
    for (uint32_t i = 0; i < tensors; i++) {
        present |= node->tensors[i] != NULL ? 1U << i : 0;
        dispatch.bindings[i] = binding_of(self, node->tensors[i], info->arguments[i].kind);
    }
    struct dispatch choice;
    TRY(dispatch_choose_tiled(&choice, node->operator, node->numbers, present,
                              gpu_device_properties(self->device), tiles_find(tiles, node)));
    const struct gpu_shader shader = dispatch_shader(&choice, node->operator);
    for (int i = 0; i < 3; i++)
        dispatch.groups[i] = choice.groups[i];
    dispatch_push_words(dispatch.push, node->operator, node->numbers);
    dispatch.work = graph_node_work(node);
    TRY(gpu_pipeline_get(self->device, &dispatch.pipeline, &shader));
    return gpu_record_dispatch(self->recordings[node->segment], &dispatch);
}

static enum status record_segments(struct vulkan_executor *self, bool timed, const struct tiles *tiles) {
    const uint32_t segments = graph_segment_count(self->graph);
    TRY(memory_new(&self->recordings, segments, sizeof *self->recordings));
    TRY(memory_new(&self->positions, graph_node_count(self->graph), sizeof *self->positions));
    for (uint32_t i = 0; i < segments; i++)
        TRY(gpu_recording_create(self->device, &self->recordings[i], "segment", timed));
    for (size_t i = 0; i < graph_node_count(self->graph); i++) {
        const struct graph_node *const node = graph_node(self->graph, i);
        self->positions[i] = gpu_recording_count(self->recordings[node->segment]);
        TRY(record_node(self, node, tiles));
    }
    for (uint32_t i = 0; i < segments; i++)
        TRY(gpu_recording_finish(self->recordings[i]));
    return STATUS_OK;
}

static const char *arena_name(enum plan_class class) {
    return class == PLAN_PERSISTENT ? "parameters and state" : class == PLAN_INPUT ? "inputs" : "activations";
}

enum status executor_create_vulkan(struct executor *executor, struct gpu_device *device, bool timed,
                                   const struct tiles *tiles) {
    struct vulkan_executor *self;
    TRY(memory_new(&self, 1, sizeof *self));
    self->device = device;
    self->graph = executor->graph;
    self->plan = executor->plan;
    executor->self = self;
    executor->functions = &functions;
    TRY(memory_new(&self->arenas, self->plan->arena_count, sizeof *self->arenas));
    for (uint32_t i = 0; i < self->plan->arena_count; i++) {
        const struct plan_arena *const arena = &self->plan->arenas[i];
        TRY(gpu_buffer_create(device, &self->arenas[i], arena->bytes,
                              arena->class == PLAN_INPUT ? GPU_MEMORY_HOST : GPU_MEMORY_DEVICE,
                              arena_name(arena->class)));
        if (arena->class == PLAN_PERSISTENT) /* what lies between the tensors of a pack is 0 */
            TRY(gpu_buffer_fill(self->arenas[i], 0, arena->bytes, 0));
    }
    TRY(gpu_buffer_create(device, &self->missing, 256, GPU_MEMORY_DEVICE, "missing"));
    return record_segments(self, timed, tiles);
}
