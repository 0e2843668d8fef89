#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <stdlib.h>

enum { QUERIES_PER_POOL = 256 };

/* A pool is reset where it is first used, in the command buffer itself, so that every run resets it. */
static enum status add_pool(struct gpu_recording *recording) {
    struct gpu_device *const device = recording->device;
    struct gpu_timing *const timing = &recording->timing;
    TRY(memory_reserve(&timing->pools, &timing->pool_capacity, timing->pool_count + 1, sizeof(VkQueryPool)));
    const VkQueryPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
        .queryType = VK_QUERY_TYPE_TIMESTAMP,
        .queryCount = QUERIES_PER_POOL,
    };
    VkQueryPool *const pool = &timing->pools[timing->pool_count];
    TRY(gpu_check(device, device->vk.vkCreateQueryPool(device->handle, &info, NULL, pool),
                  "create a query pool"));
    timing->pool_count++;
    gpu_name_object(device, VK_OBJECT_TYPE_QUERY_POOL, (uint64_t)*pool, recording->name);
    device->vk.vkCmdResetQueryPool(recording->pieces[recording->piece_count - 1].commands, *pool, 0,
                                   QUERIES_PER_POOL);
    return STATUS_OK;
}

enum status gpu_timing_stamp(struct gpu_recording *recording) {
    struct gpu_timing *const timing = &recording->timing;
    if (!timing->enabled)
        return STATUS_OK;
    if (timing->query_count == timing->pool_count * QUERIES_PER_POOL)
        TRY(add_pool(recording));
    /* This stage gives the time when every dispatch before it has ended. */
    recording->device->vk.vkCmdWriteTimestamp(
        recording->pieces[recording->piece_count - 1].commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
        timing->pools[timing->query_count / QUERIES_PER_POOL], timing->query_count % QUERIES_PER_POOL);
    timing->query_count++;
    return STATUS_OK;
}

enum status gpu_timing_note(struct gpu_recording *recording, size_t index, size_t begin) {
    struct gpu_timing *const timing = &recording->timing;
    if (!timing->enabled)
        return STATUS_OK;
    TRY(memory_reserve(&timing->intervals, &timing->interval_capacity, index + 1,
                       sizeof(struct gpu_interval)));
    const size_t end = timing->query_count;
    timing->intervals[index] =
        begin + 1 < end ? (struct gpu_interval){.begin = begin, .end = end - 1} : (struct gpu_interval){0};
    return STATUS_OK;
}

static enum status read_stamps(struct gpu_recording *recording, uint64_t *stamps) {
    struct gpu_device *const device = recording->device;
    const struct gpu_timing *const timing = &recording->timing;
    for (size_t pool = 0; pool < timing->pool_count; pool++) {
        const size_t first = pool * QUERIES_PER_POOL;
        const size_t left = timing->query_count - first;
        const uint32_t count = left < QUERIES_PER_POOL ? (uint32_t)left : QUERIES_PER_POOL;
        TRY(gpu_check(device,
                      device->vk.vkGetQueryPoolResults(device->handle, timing->pools[pool], 0, count,
                                                       count * sizeof *stamps, stamps + first, sizeof *stamps,
                                                       VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
                      "read time stamps"));
    }
    return STATUS_OK;
}

enum status gpu_timing_collect(struct gpu_recording *recording) {
    const struct gpu_timing *const timing = &recording->timing;
    if (!timing->enabled || timing->query_count == 0)
        return STATUS_OK;
    uint64_t *stamps;
    TRY(memory_new(&stamps, timing->query_count, sizeof *stamps));
    const enum status status = read_stamps(recording, stamps);
    const uint32_t bits = recording->device->support.timestamp_bits;
    const uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
    for (size_t i = 0; status == STATUS_OK && i < recording->dispatch_count; i++) {
        struct gpu_interval *const interval = &timing->intervals[i];
        const uint64_t ticks = (stamps[interval->end] - stamps[interval->begin]) & mask;
        interval->nanoseconds = (double)ticks * recording->device->properties.timestamp_period;
    }
    free(stamps);
    return status;
}

double gpu_recording_nanoseconds(const struct gpu_recording *recording, size_t index) {
    const bool known = recording->timing.enabled && index < recording->dispatch_count;
    return known ? recording->timing.intervals[index].nanoseconds : 0;
}

void gpu_timing_destroy(struct gpu_recording *recording) {
    const struct gpu_timing *const timing = &recording->timing;
    struct gpu_device *const device = recording->device;
    for (size_t i = 0; i < timing->pool_count && !device->hung; i++)
        device->vk.vkDestroyQueryPool(device->handle, timing->pools[i], NULL);
    free(timing->pools);
    free(timing->intervals);
}
