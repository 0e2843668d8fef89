/* executor_vulkan.c: records every segment of a plan once, and replays it.
 *
 * Inputs are written to one of two slots of host memory; a segment begins with a copy of what was written
 * since the last one. So the inputs of a step are written while the one before runs, and shaders read the
 * device's own memory.
 */
#include "base/memory.h"
#include "graph/dispatch.h"
#include "graph/executor_internal.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 };

/* What the host has written to inputs and the device does not have yet. */
struct writes {
    struct gpu_slot *slots[SLOTS];
    size_t current;
    unsigned char *memory; /* of the current slot, once it was taken */
    struct gpu_copy *copies;
    size_t count, capacity;
    uint64_t *offsets; /* of every arena of inputs in a slot */
};

/* Tensors on their way to the host. */
struct post {
    struct gpu_slot *slot;
    uint64_t slot_bytes;
    struct gpu_copy copies[EXECUTOR_POST_TENSORS];
    size_t count;
};

struct vulkan_executor {
    struct gpu_device *device;
    bool timed;
    const struct graph *graph;
    const struct plan *plan;
    struct gpu_buffer **arenas;
    struct gpu_buffer *missing; /* bound where an optional tensor is not given; never read */
    struct gpu_recording **recordings;
    size_t *positions; /* of every node in the recording of its segment */
    struct writes writes;
    struct post posts[EXECUTOR_POSTS];
};

static struct gpu_copy copy_of(const struct vulkan_executor *self, const struct tensor *tensor) {
    const struct plan_place place = self->plan->places[tensor->id];
    return (struct gpu_copy){
        .buffer = self->arenas[place.arena], .offset = place.offset, .bytes = tensor_bytes(tensor)};
}

/* ---- inputs ---- */

static enum status note_write(struct writes *writes, const struct gpu_copy *copy) {
    for (size_t i = 0; i < writes->count; i++)
        if (writes->copies[i].slot_offset == copy->slot_offset && writes->copies[i].bytes >= copy->bytes)
            return STATUS_OK;
    TRY(memory_reserve(&writes->copies, &writes->capacity, writes->count + 1, sizeof *writes->copies));
    writes->copies[writes->count++] = *copy;
    return STATUS_OK;
}

static enum status write_input(struct vulkan_executor *self, const struct tensor *tensor, const void *data) {
    struct writes *const writes = &self->writes;
    struct gpu_copy copy = copy_of(self, tensor);
    copy.slot_offset = writes->offsets[self->plan->places[tensor->id].arena] + copy.offset;
    if (writes->memory == NULL) {
        void *memory;
        TRY(gpu_slot_take(writes->slots[writes->current], &memory));
        writes->memory = memory;
    }
    TRY(note_write(writes, &copy));
    memcpy(writes->memory + copy.slot_offset, data, copy.bytes);
    return STATUS_OK;
}

static enum status send_inputs(struct vulkan_executor *self) {
    struct writes *const writes = &self->writes;
    if (writes->count == 0)
        return STATUS_OK;
    TRY(gpu_slot_upload(writes->slots[writes->current], writes->copies, writes->count));
    writes->current = (writes->current + 1) % SLOTS;
    writes->memory = NULL;
    writes->count = 0;
    return STATUS_OK;
}

static enum status create_slots(struct vulkan_executor *self) {
    struct writes *const writes = &self->writes;
    uint64_t bytes = 0;
    TRY(memory_new(&writes->offsets, self->plan->arena_count, sizeof *writes->offsets));
    for (uint32_t i = 0; i < self->plan->arena_count; i++) {
        writes->offsets[i] = bytes;
        bytes += self->plan->arenas[i].class == PLAN_INPUT ? self->plan->arenas[i].bytes : 0;
    }
    for (size_t i = 0; i < SLOTS; i++)
        TRY(gpu_slot_create(self->device, &writes->slots[i], bytes, "inputs of the next run"));
    return STATUS_OK;
}

static enum status vulkan_write(void *executor, const struct tensor *tensor, const void *data) {
    struct vulkan_executor *const self = executor;
    if (tensor->kind == TENSOR_INPUT)
        return write_input(self, tensor, data);
    const struct gpu_copy copy = copy_of(self, tensor);
    return gpu_buffer_write(copy.buffer, copy.offset, data, copy.bytes);
}

static enum status vulkan_read(void *executor, const struct tensor *tensor, void *data) {
    struct vulkan_executor *const self = executor;
    const struct gpu_copy copy = copy_of(self, tensor);
    TRY(send_inputs(self));
    return gpu_buffer_read(copy.buffer, copy.offset, data, copy.bytes);
}

/* ---- running ---- */

static enum status vulkan_run(void *executor, uint32_t segment) {
    struct vulkan_executor *const self = executor;
    TRY(send_inputs(self));
    return gpu_recording_run(self->recordings[segment]);
}

static enum status vulkan_start(void *executor, uint32_t segment) {
    struct vulkan_executor *const self = executor;
    if (self->timed) /* the next run would write over the time stamps */
        return vulkan_run(executor, segment);
    TRY(send_inputs(self));
    return gpu_recording_start(self->recordings[segment]);
}

static enum status vulkan_finish(void *executor) {
    const struct vulkan_executor *const self = executor;
    return gpu_device_finish(self->device);
}

static enum status vulkan_post(void *executor, size_t number, const struct tensor *const *tensors,
                               size_t count) {
    struct vulkan_executor *const self = executor;
    struct post *const post = &self->posts[number];
    uint64_t bytes = 0;
    post->count = 0;
    for (size_t i = 0; i < count; i++) {
        post->copies[i] = copy_of(self, tensors[i]);
        post->copies[i].slot_offset = bytes;
        bytes += post->copies[i].bytes;
    }
    if (bytes > post->slot_bytes) {
        gpu_slot_destroy(post->slot);
        post->slot_bytes = 0;
        TRY(gpu_slot_create(self->device, &post->slot, bytes, "results"));
        post->slot_bytes = bytes;
    }
    TRY(gpu_slot_download(post->slot, post->copies, count));
    post->count = count;
    return STATUS_OK;
}

static enum status vulkan_collect(void *executor, size_t number, void *const *data) {
    struct vulkan_executor *const self = executor;
    const struct post *const post = &self->posts[number];
    void *memory;
    if (post->count == 0)
        return STATUS_OK;
    TRY(gpu_slot_take(post->slot, &memory));
    for (size_t i = 0; i < post->count; i++)
        memcpy(data[i], (const unsigned char *)memory + post->copies[i].slot_offset, post->copies[i].bytes);
    return STATUS_OK;
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
    for (size_t i = 0; i < SLOTS; i++)
        gpu_slot_destroy(self->writes.slots[i]);
    for (size_t i = 0; i < EXECUTOR_POSTS; i++)
        gpu_slot_destroy(self->posts[i].slot);
    free(self->writes.copies);
    free(self->writes.offsets);
    free(self->recordings);
    free(self->arenas);
    free(self->positions);
    free(self);
}

static const struct executor_functions functions = {
    .write = vulkan_write,
    .read = vulkan_read,
    .run = vulkan_run,
    .start = vulkan_start,
    .finish = vulkan_finish,
    .post = vulkan_post,
    .collect = vulkan_collect,
    .counts = vulkan_counts,
    .nanoseconds = vulkan_nanoseconds,
    .destroy = vulkan_destroy,
};

/* ---- recording ---- */

/* Shaders see some tensors as words of 8 or 16 bytes, the last of which may end in the space between tensors. */
static uint64_t bound_bytes(const struct tensor *tensor) {
    return (tensor_bytes(tensor) + 15) / 16 * 16;
}

static struct gpu_binding binding_of(const struct vulkan_executor *self, const struct tensor *tensor,
                                     enum argument_kind kind) {
    if (tensor == NULL)
        return (struct gpu_binding){.buffer = self->missing, .bytes = gpu_buffer_bytes(self->missing)};
    const struct plan_place place = self->plan->places[tensor->id];
    return (struct gpu_binding){.buffer = self->arenas[place.arena],
                                .offset = place.offset,
                                .bytes = bound_bytes(tensor),
                                .written = argument_is_written(kind)};
}

static enum status record_node(struct vulkan_executor *self, const struct graph_node *node,
                               const struct tiles *tiles) {
    const struct operator_info *const info = operator_info(node->operator);
    const uint32_t tensors = operator_tensor_count(node->operator);
    struct gpu_dispatch dispatch = {.label = info->name};
    for (uint32_t i = 0; i < tensors; i++) {
        /* A shader could write to what it is given, as far as the validation layer knows: where an output
         * is missing, the first one takes its place, which has its barriers anyway. */
        const bool unwritten = node->tensors[i] == NULL && argument_is_written(info->arguments[i].kind);
        dispatch.bindings[i] = binding_of(self, node->tensors[unwritten ? 0 : i], info->arguments[i].kind);
    }
    struct dispatch choice;
    TRY(dispatch_choose_tiled(&choice, node->operator, node->numbers, dispatch_stored(node),
                              gpu_device_properties(self->device), tiles_find(tiles, node)));
    const struct gpu_shader shader = dispatch_shader(&choice, node->operator);
    for (int i = 0; i < 3; i++)
        dispatch.groups[i] = choice.groups[i];
    dispatch_push_words(dispatch.push, node->operator, node->numbers);
    dispatch.work = graph_node_work(node);
    TRY(gpu_pipeline_get(self->device, &dispatch.pipeline, &shader));
    return gpu_record_dispatch(self->recordings[node->segment], &dispatch);
}

static enum status record_segments(struct vulkan_executor *self, const struct tiles *tiles) {
    const uint32_t segments = graph_segment_count(self->graph);
    TRY(memory_new(&self->recordings, segments, sizeof *self->recordings));
    TRY(memory_new(&self->positions, graph_node_count(self->graph), sizeof *self->positions));
    for (uint32_t i = 0; i < segments; i++)
        TRY(gpu_recording_create(self->device, &self->recordings[i], "segment", self->timed));
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
    self->timed = timed;
    self->graph = executor->graph;
    self->plan = executor->plan;
    executor->self = self;
    executor->functions = &functions;
    TRY(memory_new(&self->arenas, self->plan->arena_count, sizeof *self->arenas));
    for (uint32_t i = 0; i < self->plan->arena_count; i++) {
        const struct plan_arena *const arena = &self->plan->arenas[i];
        TRY(gpu_buffer_create(device, &self->arenas[i], arena->bytes, GPU_MEMORY_DEVICE,
                              arena_name(arena->class)));
        if (arena->class == PLAN_PERSISTENT) /* what lies between the tensors of a pack is 0 */
            TRY(gpu_buffer_fill(self->arenas[i], 0, arena->bytes, 0));
    }
    TRY(gpu_buffer_create(device, &self->missing, 256, GPU_MEMORY_DEVICE, "missing"));
    TRY(create_slots(self));
    return record_segments(self, tiles);
}
