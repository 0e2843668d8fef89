#include "graph/executor_internal.h"

#include "base/memory.h"
#include "graph/fuse.h"
#include "graph/narrow.h"
#include "graph/split.h"

#include <stdlib.h>

/* A device's allocation may be larger than this, but smaller ones are easier to find room for. */
static const uint64_t largest_arena = (uint64_t)1 << 30;

/* The tensors of one arena start at multiples of this; no device asks for more than 256. */
static struct plan_limits device_limits(const struct gpu_properties *device) {
    struct plan_limits limits = {
        .arena_bytes = device->max_allocation < largest_arena ? device->max_allocation : largest_arena,
        .binding_bytes = device->max_storage_range,
        .alignment = device->storage_alignment,
    };
    if (limits.binding_bytes > limits.arena_bytes && device->max_allocation >= limits.binding_bytes)
        limits.arena_bytes = limits.binding_bytes;
    if (limits.alignment < 64)
        limits.alignment = 64;
    return limits;
}

static enum status make_plan(struct plan **out, struct graph *graph, const struct gpu_device *device) {
    const struct plan_limits limits =
        device ? device_limits(gpu_device_properties(device)) : plan_host_limits();
    return plan_create(out, graph, &limits);
}

/* Changes of the graph's nodes that leave what they compute. */
static enum status prepare(struct graph *graph, const struct gpu_device *device) {
    if (device != NULL)
        TRY(graph_split(graph, gpu_device_properties(device)));
    TRY(graph_fuse(graph));
    return graph_narrow(graph);
}

enum status executor_create(struct executor **out, struct graph *graph, struct gpu_device *device,
                            bool timed) {
    return executor_create_tiled(out, graph, device, timed, NULL);
}

enum status executor_create_tiled(struct executor **out, struct graph *graph, struct gpu_device *device,
                                  bool timed, struct tiles *tiles) {
    *out = NULL;
    TRY(prepare(graph, device));
    TRY(tiles_complete(tiles, graph));
    struct executor *executor;
    TRY(memory_new(&executor, 1, sizeof *executor));
    executor->graph = graph;
    enum status status = make_plan(&executor->plan, graph, device);
    if (status == STATUS_OK)
        status = device ? executor_create_vulkan(executor, device, timed, tiles)
                        : executor_create_reference(executor, timed);
    if (status != STATUS_OK) {
        executor_destroy(executor);
        return status;
    }
    *out = executor;
    return STATUS_OK;
}

enum status executor_make_plan(struct plan **out, struct graph *graph, const struct gpu_device *device) {
    *out = NULL;
    TRY(prepare(graph, device));
    return make_plan(out, graph, device);
}

void executor_destroy(struct executor *executor) {
    if (executor == NULL)
        return;
    if (executor->functions != NULL)
        executor->functions->destroy(executor->self);
    plan_destroy(executor->plan);
    free(executor);
}

const struct plan *executor_plan(const struct executor *executor) {
    return executor->plan;
}

static enum status require_lasting(const struct tensor *tensor) {
    if (tensor->base->kind == TENSOR_ACTIVATION && !tensor->base->kept)
        return status_set(STATUS_INTERNAL, "tensor %s is not an output: its memory is shared",
                          tensor->name[0] ? tensor->name : "without a name");
    return STATUS_OK;
}

enum status executor_write(struct executor *executor, const struct tensor *tensor, const void *data) {
    TRY(require_lasting(tensor));
    return executor->functions->write(executor->self, tensor, data);
}

enum status executor_read(struct executor *executor, const struct tensor *tensor, void *data) {
    TRY(require_lasting(tensor));
    return executor->functions->read(executor->self, tensor, data);
}

static enum status require_segment(const struct executor *executor, uint32_t segment) {
    if (segment >= graph_segment_count(executor->graph))
        return status_set(STATUS_INTERNAL, "the graph has no segment %u", segment);
    return STATUS_OK;
}

enum status executor_run(struct executor *executor, uint32_t segment) {
    TRY(require_segment(executor, segment));
    return executor->functions->run(executor->self, segment);
}

enum status executor_start(struct executor *executor, uint32_t segment) {
    TRY(require_segment(executor, segment));
    return executor->functions->start(executor->self, segment);
}

enum status executor_finish(struct executor *executor) {
    return executor->functions->finish(executor->self);
}

enum status executor_post(struct executor *executor, size_t post, const struct tensor *const *tensors,
                          size_t count) {
    if (post >= EXECUTOR_POSTS || count > EXECUTOR_POST_TENSORS)
        return status_set(STATUS_INTERNAL, "post %zu of %zu tensors", post, count);
    for (size_t i = 0; i < count; i++)
        TRY(require_lasting(tensors[i]));
    return executor->functions->post(executor->self, post, tensors, count);
}

enum status executor_collect(struct executor *executor, size_t post, void *const *data) {
    if (post >= EXECUTOR_POSTS)
        return status_set(STATUS_INTERNAL, "post %zu", post);
    return executor->functions->collect(executor->self, post, data);
}

enum status executor_perturb(struct executor *executor, uint64_t seed, float magnitude) {
    if (executor->functions->perturb == NULL)
        return status_set(STATUS_UNSUPPORTED, "only the reference can be perturbed");
    return executor->functions->perturb(executor->self, seed, magnitude);
}

struct executor_counts executor_counts(const struct executor *executor, uint32_t segment) {
    return executor->functions->counts(executor->self, segment);
}

double executor_nanoseconds(const struct executor *executor, size_t node) {
    return executor->functions->nanoseconds(executor->self, node);
}
