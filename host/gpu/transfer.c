#include "gpu/gpu_internal.h"

#include <string.h>

/* Large enough that a copy's fixed cost is small beside its bytes. */
static const uint64_t staging_bytes = UINT64_C(16) << 20;

enum status gpu_check_span(const struct gpu_buffer *buffer, uint64_t offset, uint64_t bytes) {
    if (offset > buffer->bytes || bytes > buffer->bytes - offset)
        return status_set(STATUS_INTERNAL, "bytes %llu + %llu of a buffer that has %llu",
                          (unsigned long long)offset, (unsigned long long)bytes,
                          (unsigned long long)buffer->bytes);
    return STATUS_OK;
}

/* The span is the host's: nothing that was started is under way. */
static enum status take_span(const struct gpu_buffer *buffer, uint64_t offset, uint64_t bytes) {
    TRY(gpu_check_span(buffer, offset, bytes));
    TRY(gpu_ready(buffer->device));
    return gpu_wait(buffer->device, buffer->device->submitted, "get at a buffer");
}

enum status gpu_transfer_commands_create(struct gpu_device *device, VkCommandPool *pool,
                                         VkCommandBuffer *commands, const char *name) {
    const VkCommandPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO,
        .flags = VK_COMMAND_POOL_CREATE_TRANSIENT_BIT,
        .queueFamilyIndex = device->support.queue_family,
    };
    TRY(gpu_check(device, device->vk.vkCreateCommandPool(device->handle, &info, NULL, pool),
                  "create a command pool"));
    const VkCommandBufferAllocateInfo allocate = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO,
        .commandPool = *pool,
        .level = VK_COMMAND_BUFFER_LEVEL_PRIMARY,
        .commandBufferCount = 1,
    };
    TRY(gpu_check(device, device->vk.vkAllocateCommandBuffers(device->handle, &allocate, commands),
                  "allocate a command buffer"));
    gpu_name_object(device, VK_OBJECT_TYPE_COMMAND_BUFFER, (uint64_t)(uintptr_t)*commands, name);
    return STATUS_OK;
}

enum status gpu_transfer_begin(struct gpu_device *device, VkCommandPool pool, VkCommandBuffer commands) {
    const VkCommandBufferBeginInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO,
        .flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT,
    };
    TRY(gpu_check(device, device->vk.vkResetCommandPool(device->handle, pool, 0),
                  "reset the transfer commands"));
    return gpu_check(device, device->vk.vkBeginCommandBuffer(commands, &info), "record a transfer");
}

enum status gpu_transfer_submit(struct gpu_device *device, VkCommandBuffer commands, const char *what) {
    const VkMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT,
        .dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT |
                         VK_ACCESS_TRANSFER_READ_BIT | VK_ACCESS_TRANSFER_WRITE_BIT | VK_ACCESS_HOST_READ_BIT,
    };
    device->vk.vkCmdPipelineBarrier(commands, VK_PIPELINE_STAGE_TRANSFER_BIT,
                                    VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT |
                                        VK_PIPELINE_STAGE_HOST_BIT,
                                    0, 1, &barrier, 0, NULL, 0, NULL);
    TRY(gpu_check(device, device->vk.vkEndCommandBuffer(commands), what));
    return gpu_submit(device, &commands, 1, 0, what);
}

static enum status begin(struct gpu_device *device) {
    return gpu_transfer_begin(device, device->transfer_pool, device->transfer_commands);
}

static enum status run(struct gpu_device *device, const char *what) {
    TRY(gpu_transfer_submit(device, device->transfer_commands, what));
    return gpu_wait(device, device->submitted, what);
}

static enum status need_staging(struct gpu_device *device) {
    if (device->staging != NULL)
        return STATUS_OK;
    return gpu_buffer_create(device, &device->staging, staging_bytes, GPU_MEMORY_HOST, "staging");
}

static enum status copy(struct gpu_device *device, const struct gpu_buffer *from, uint64_t from_offset,
                        const struct gpu_buffer *to, uint64_t to_offset, uint64_t bytes) {
    const VkBufferCopy region = {.srcOffset = from_offset, .dstOffset = to_offset, .size = bytes};
    TRY(begin(device));
    device->vk.vkCmdCopyBuffer(device->transfer_commands, from->handle, to->handle, 1, &region);
    return run(device, "copy a buffer");
}

enum status gpu_buffer_write(struct gpu_buffer *buffer, uint64_t offset, const void *data, uint64_t bytes) {
    TRY(take_span(buffer, offset, bytes));
    if (bytes == 0)
        return STATUS_OK;
    if (buffer->mapped != NULL) {
        memcpy(buffer->mapped + offset, data, bytes);
        return STATUS_OK;
    }
    struct gpu_device *const device = buffer->device;
    TRY(need_staging(device));
    for (uint64_t done = 0; done < bytes;) {
        const uint64_t part = bytes - done < staging_bytes ? bytes - done : staging_bytes;
        memcpy(device->staging->mapped, (const char *)data + done, part);
        TRY(copy(device, device->staging, 0, buffer, offset + done, part));
        done += part;
    }
    return STATUS_OK;
}

enum status gpu_buffer_read(struct gpu_buffer *buffer, uint64_t offset, void *data, uint64_t bytes) {
    TRY(take_span(buffer, offset, bytes));
    if (bytes == 0)
        return STATUS_OK;
    if (buffer->mapped != NULL) {
        memcpy(data, buffer->mapped + offset, bytes);
        return STATUS_OK;
    }
    struct gpu_device *const device = buffer->device;
    TRY(need_staging(device));
    for (uint64_t done = 0; done < bytes;) {
        const uint64_t part = bytes - done < staging_bytes ? bytes - done : staging_bytes;
        TRY(copy(device, buffer, offset + done, device->staging, 0, part));
        memcpy((char *)data + done, device->staging->mapped, part);
        done += part;
    }
    return STATUS_OK;
}

enum status gpu_buffer_fill(struct gpu_buffer *buffer, uint64_t offset, uint64_t bytes, uint32_t word) {
    TRY(take_span(buffer, offset, bytes));
    if (offset % 4 != 0 || bytes % 4 != 0)
        return status_set(STATUS_INTERNAL, "a fill of %llu bytes at %llu: both must be multiples of 4",
                          (unsigned long long)bytes, (unsigned long long)offset);
    if (bytes == 0)
        return STATUS_OK;
    if (buffer->mapped != NULL) {
        for (uint64_t i = 0; i < bytes; i += 4)
            memcpy(buffer->mapped + offset + i, &word, 4);
        return STATUS_OK;
    }
    struct gpu_device *const device = buffer->device;
    TRY(begin(device));
    device->vk.vkCmdFillBuffer(device->transfer_commands, buffer->handle, offset, bytes, word);
    return run(device, "fill a buffer");
}
