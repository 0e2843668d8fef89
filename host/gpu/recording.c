#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What even an empty dispatch counts for: starting it costs about as much as this much work. */
static const double least_work = 1e7;

enum { SETS_PER_POOL = 256, DESCRIPTORS_PER_SET = 8 }; /* operators average fewer bindings than that */

/* ---- creating ---- */

static enum status create(struct gpu_recording *recording, const char *name) {
    struct gpu_device *const device = recording->device;
    TRY(memory_copy_text(&recording->name, name));
    const VkCommandPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .queueFamilyIndex = device->support.queue_family,
    };
    TRY(gpu_check(device, device->vk.vkCreateCommandPool(device->handle, &info, NULL, &recording->pool),
                  "create a command pool"));
    gpu_name_object(device, VK_OBJECT_TYPE_COMMAND_POOL, (uint64_t)recording->pool, name);
    return STATUS_OK;
}

enum status gpu_recording_create(struct gpu_device *device, struct gpu_recording **out, const char *name,
                                 bool timed) {
    *out = NULL;
    TRY(gpu_ready_to_run(device));
    struct gpu_recording *recording;
    TRY(memory_new(&recording, 1, sizeof *recording));
    recording->device = device;
    recording->timing.enabled = timed && device->properties.timestamps;
    const enum status status = create(recording, name);
    if (status != STATUS_OK) {
        gpu_recording_destroy(recording);
        return status;
    }
    *out = recording;
    return STATUS_OK;
}

void gpu_recording_destroy(struct gpu_recording *recording) {
    if (recording == NULL)
        return;
    struct gpu_device *const device = recording->device;
    if (gpu_settle(device)) {
        device->vk.vkDestroyCommandPool(device->handle, recording->pool, NULL);
        for (size_t i = 0; i < recording->descriptor_pool_count; i++)
            device->vk.vkDestroyDescriptorPool(device->handle, recording->descriptor_pools[i].handle, NULL);
    }
    gpu_timing_destroy(recording);
    gpu_hazards_free(&recording->hazards);
    free(recording->descriptor_pools);
    free(recording->pieces);
    free(recording->batch);
    free(recording->name);
    free(recording);
}

/* ---- command buffers ---- */

static VkCommandBuffer current(const struct gpu_recording *recording) {
    return recording->pieces[recording->piece_count - 1].commands;
}

static enum status begin_commands(struct gpu_recording *recording) {
    struct gpu_device *const device = recording->device;
    const size_t count = recording->piece_count;
    TRY(memory_reserve(&recording->pieces, &recording->piece_capacity, count + 1, sizeof *recording->pieces));
    const VkCommandBufferAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = recording->pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    VkCommandBuffer *const commands = &recording->pieces[count].commands;
    TRY(gpu_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &allocate, commands),
                  "allocate a command buffer"));
    recording->piece_count++;
    gpu_name_object(device, VK_OBJECT_TYPE_COMMAND_BUFFER, (uint64_t)(uintptr_t)*commands, recording->name);
    const VkCommandBufferBeginInfo begin = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_SIMULTANEOUS_USE_BIT, /* a step may be started behind itself */
    };
    TRY(gpu_check(device, device->vk.vkBeginCommandBuffer(*commands, &begin), "begin a command buffer"));
    recording->open = true;
    recording->pieces[count].work = 0;
    return gpu_timing_stamp(recording);
}

static void barrier(const struct gpu_recording *recording, VkPipelineStageFlags stages,
                    VkAccessFlags accesses) {
    const VkMemoryBarrier memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT,
        .dstAccessMask = accesses,
    };
    recording->device->vk.vkCmdPipelineBarrier(current(recording), VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                                               stages, 0, 1, &memory, 0, NULL, 0, NULL);
}

/* Later submissions, of this recording or others, and the host see what this one wrote. */
static enum status end_commands(struct gpu_recording *recording) {
    struct gpu_device *const device = recording->device;
    barrier(recording,
            VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT |
                VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT);
    gpu_hazards_clear(&recording->hazards);
    recording->open = false;
    return gpu_check(device, device->vk.vkEndCommandBuffer(current(recording)), "record commands");
}

/* A command buffer with room for `work`. */
static enum status need_commands(struct gpu_recording *recording, double work) {
    const double done = recording->open ? recording->pieces[recording->piece_count - 1].work : 0;
    if (done > 0 && done + work > recording->device->pace.piece)
        TRY(end_commands(recording));
    if (!recording->open)
        TRY(begin_commands(recording));
    recording->pieces[recording->piece_count - 1].work += work;
    return STATUS_OK;
}

/* ---- descriptors ---- */

static enum status add_descriptor_pool(struct gpu_recording *recording) {
    struct gpu_device *const device = recording->device;
    const size_t count = recording->descriptor_pool_count;
    TRY(memory_reserve(&recording->descriptor_pools, &recording->descriptor_pool_capacity, count + 1,
                       sizeof(struct gpu_descriptor_pool)));
    struct gpu_descriptor_pool *const pool = &recording->descriptor_pools[count];
    pool->sets_left = SETS_PER_POOL;
    pool->descriptors_left = SETS_PER_POOL * DESCRIPTORS_PER_SET;
    const VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                       .descriptorCount = pool->descriptors_left};
    const VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = pool->sets_left,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    TRY(gpu_check(device, device->vk.vkCreateDescriptorPool(device->handle, &info, NULL, &pool->handle),
                  "create a descriptor pool"));
    recording->descriptor_pool_count++;
    return STATUS_OK;
}

static enum status allocate_set(struct gpu_recording *recording, uint32_t bindings, VkDescriptorSet *set) {
    struct gpu_device *const device = recording->device;
    const size_t count = recording->descriptor_pool_count;
    const struct gpu_descriptor_pool *const last = count ? &recording->descriptor_pools[count - 1] : NULL;
    if (last == NULL || last->sets_left == 0 || last->descriptors_left < bindings)
        TRY(add_descriptor_pool(recording));
    struct gpu_descriptor_pool *const pool =
        &recording->descriptor_pools[recording->descriptor_pool_count - 1];
    const VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = pool->handle,
        .descriptorSetCount = 1,
        .pSetLayouts = &device->set_layouts[bindings],
    };
    TRY(gpu_check(device, device->vk.vkAllocateDescriptorSets(device->handle, &info, set),
                  "allocate a descriptor set"));
    pool->sets_left--;
    pool->descriptors_left -= bindings;
    return STATUS_OK;
}

static enum status bind_buffers(struct gpu_recording *recording, const struct gpu_dispatch *dispatch) {
    struct gpu_device *const device = recording->device;
    const uint32_t count = dispatch->pipeline->shader.binding_count;
    if (count == 0)
        return STATUS_OK;
    VkDescriptorSet set;
    TRY(allocate_set(recording, count, &set));
    VkDescriptorBufferInfo buffers[GPU_MAX_BINDINGS];
    for (uint32_t i = 0; i < count; i++)
        buffers[i] = (VkDescriptorBufferInfo){.buffer = dispatch->bindings[i].buffer->handle,
                                              .offset = dispatch->bindings[i].offset,
                                              .range = dispatch->bindings[i].bytes};
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .descriptorCount = count, /* runs on over the bindings 0, 1, ... */
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = buffers,
    };
    device->vk.vkUpdateDescriptorSets(device->handle, 1, &write, 0, NULL);
    device->vk.vkCmdBindDescriptorSets(current(recording), VK_PIPELINE_BIND_POINT_COMPUTE,
                                       dispatch->pipeline->layout, 0, 1, &set, 0, NULL);
    return STATUS_OK;
}

/* ---- dispatches ---- */

static enum status check_dispatch(const struct gpu_recording *recording,
                                  const struct gpu_dispatch *dispatch) {
    const struct gpu_properties *const properties = &recording->device->properties;
    for (size_t i = 0; i < 3; i++)
        if (dispatch->groups[i] > properties->max_groups[i])
            return status_set(STATUS_UNSUPPORTED, "%u workgroups in dimension %zu; %s allows %u",
                              dispatch->groups[i], i, properties->name, properties->max_groups[i]);
    for (uint32_t i = 0; i < dispatch->pipeline->shader.binding_count; i++) {
        const struct gpu_binding *const b = &dispatch->bindings[i];
        if (b->buffer == NULL || b->bytes == 0 || b->offset > b->buffer->bytes ||
            b->bytes > b->buffer->bytes - b->offset || b->offset % properties->storage_alignment != 0)
            return status_set(STATUS_INTERNAL, "binding %u: bytes %llu + %llu of a buffer of %llu", i,
                              (unsigned long long)b->offset, (unsigned long long)b->bytes,
                              b->buffer ? (unsigned long long)b->buffer->bytes : 0);
        if (b->bytes > properties->max_storage_range)
            return status_set(STATUS_UNSUPPORTED,
                              "binding %u: %llu bytes; %s allows %llu; use a smaller batch or model", i,
                              (unsigned long long)b->bytes, properties->name,
                              (unsigned long long)properties->max_storage_range);
    }
    return STATUS_OK;
}

static void begin_label(const struct gpu_recording *recording, const struct gpu_dispatch *dispatch) {
    const VkDebugUtilsLabelEXT label = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT,
        .pLabelName = dispatch->label ? dispatch->label : dispatch->pipeline->name,
    };
    if (recording->device->instance.debug_utils)
        vkCmdBeginDebugUtilsLabelEXT(current(recording), &label);
}

static void end_label(const struct gpu_recording *recording) {
    if (recording->device->instance.debug_utils)
        vkCmdEndDebugUtilsLabelEXT(current(recording));
}

/* The workgroups [first, first + count) of dimension `along`, the others whole. */
struct share {
    int along;
    uint32_t first, count;
};

static enum status record_share(struct gpu_recording *recording, const struct gpu_dispatch *dispatch,
                                const struct share *share) {
    const struct VolkDeviceTable *const vk = &recording->device->vk;
    const struct gpu_pipeline *const pipeline = dispatch->pipeline;
    uint32_t base[3] = {0}, groups[3] = {dispatch->groups[0], dispatch->groups[1], dispatch->groups[2]};
    base[share->along] = share->first;
    groups[share->along] = share->count;
    begin_label(recording, dispatch);
    vk->vkCmdBindPipeline(current(recording), VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->handle);
    TRY(bind_buffers(recording, dispatch));
    if (pipeline->shader.push_words > 0)
        vk->vkCmdPushConstants(current(recording), pipeline->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0,
                               pipeline->shader.push_words * (uint32_t)sizeof(uint32_t), dispatch->push);
    if (share->first == 0) /* the validation layer sees more of this one */
        vk->vkCmdDispatch(current(recording), groups[0], groups[1], groups[2]);
    else
        vk->vkCmdDispatchBase(current(recording), base[0], base[1], base[2], groups[0], groups[1], groups[2]);
    end_label(recording);
    return STATUS_OK;
}

static enum status need_barrier(struct gpu_recording *recording, const struct gpu_dispatch *dispatch) {
    const uint32_t count = dispatch->pipeline->shader.binding_count;
    if (gpu_hazards_conflict(&recording->hazards, dispatch->bindings, count)) {
        barrier(recording, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
        gpu_hazards_clear(&recording->hazards);
        recording->barrier_count++;
    }
    return STATUS_OK;
}

/* A dispatch of more work than a piece holds is cut into shares, which need no order among them. Shaders
 * unfold y into x by the number of workgroups in x (shaders/include/index.glsl), so that x is cut only
 * where it is alone. */
static enum status record(struct gpu_recording *recording, const struct gpu_dispatch *dispatch) {
    const uint32_t *const groups = dispatch->groups;
    const double work = dispatch->work > least_work ? dispatch->work : least_work;
    const int along = groups[1] == 1 && groups[2] == 1 ? 0 : groups[2] > groups[1] ? 2 : 1;
    const double wanted = ceil(work / recording->device->pace.piece);
    const uint32_t shares = wanted < groups[along] ? (uint32_t)wanted : groups[along];
    size_t piece = 0, begin = 0;
    for (uint32_t i = 0; i < shares; i++) {
        const uint32_t first = (uint32_t)((uint64_t)groups[along] * i / shares),
                       end = (uint32_t)((uint64_t)groups[along] * (i + 1) / shares);
        TRY(need_commands(recording, work / shares));
        if (i == 0)
            begin = recording->timing.query_count - 1;
        if (piece != recording->piece_count) { /* the first share there */
            TRY(need_barrier(recording, dispatch));
            TRY(gpu_hazards_note(&recording->hazards, dispatch->bindings,
                                 dispatch->pipeline->shader.binding_count));
        }
        piece = recording->piece_count;
        TRY(record_share(recording, dispatch, &(struct share){along, first, end - first}));
        TRY(gpu_timing_stamp(recording));
    }
    return gpu_timing_note(recording, recording->dispatch_count, begin);
}

enum status gpu_record_dispatch(struct gpu_recording *recording, const struct gpu_dispatch *dispatch) {
    TRY(gpu_ready(recording->device));
    if (recording->finished)
        return status_set(STATUS_INTERNAL, "recording %s is finished and takes no more", recording->name);
    const char *const label = dispatch->label ? dispatch->label : dispatch->pipeline->name;
    const bool runs = dispatch->groups[0] && dispatch->groups[1] && dispatch->groups[2];
    enum status status = STATUS_OK;
    if (runs)
        status = check_dispatch(recording, dispatch);
    if (status == STATUS_OK)
        status = runs ? record(recording, dispatch)
                      : gpu_timing_note(recording, recording->dispatch_count, recording->timing.query_count);
    if (status != STATUS_OK)
        return status_context(status, "%s (shader %s)", label, dispatch->pipeline->name);
    recording->dispatch_count++;
    return STATUS_OK;
}

enum status gpu_recording_finish(struct gpu_recording *recording) {
    TRY(gpu_ready(recording->device));
    if (recording->open)
        TRY(end_commands(recording));
    TRY(memory_new(&recording->batch, recording->piece_count + 1, sizeof(VkCommandBuffer)));
    recording->finished = true;
    return STATUS_OK;
}

/* How many pieces from `first` on go together. */
static size_t batch_of(const struct gpu_recording *recording, size_t first, double *work) {
    size_t end = first + 1;
    *work = recording->pieces[first].work;
    while (end < recording->piece_count &&
           *work + recording->pieces[end].work <= recording->device->pace.budget)
        *work += recording->pieces[end++].work;
    return end - first;
}

enum status gpu_recording_start(struct gpu_recording *recording) {
    struct gpu_device *const device = recording->device;
    TRY(gpu_ready(device));
    if (!recording->finished)
        return status_set(STATUS_INTERNAL, "recording %s is run before it is finished", recording->name);
    TRY(gpu_validation_check(device));
    char what[96];
    snprintf(what, sizeof what, "run %s", recording->name);
    for (size_t first = 0, count; first < recording->piece_count; first += count) {
        double work;
        count = batch_of(recording, first, &work);
        for (size_t i = 0; i < count; i++)
            recording->batch[i] = recording->pieces[first + i].commands;
        TRY(gpu_submit(device, recording->batch, count, work, what));
    }
    return STATUS_OK;
}

enum status gpu_recording_run(struct gpu_recording *recording) {
    struct gpu_device *const device = recording->device;
    TRY(gpu_recording_start(recording));
    TRY(gpu_wait(device, device->submitted, recording->name));
    TRY(gpu_timing_collect(recording));
    return gpu_validation_check(device);
}

size_t gpu_recording_count(const struct gpu_recording *recording) {
    return recording->dispatch_count;
}

size_t gpu_recording_barriers(const struct gpu_recording *recording) {
    return recording->barrier_count;
}

size_t gpu_recording_submissions(const struct gpu_recording *recording) {
    size_t submissions = 0;
    double work;
    for (size_t first = 0; first < recording->piece_count; first += batch_of(recording, first, &work))
        submissions++;
    return submissions;
}
