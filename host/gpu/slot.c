#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <stdlib.h>

struct gpu_slot {
    struct gpu_buffer *memory;
    VkCommandPool pool;
    VkCommandBuffer commands;
    uint64_t last; /* the submission of its last copies */
};

static enum status create(struct gpu_slot *slot, struct gpu_device *device, uint64_t bytes,
                          const char *name) {
    TRY(gpu_buffer_create(device, &slot->memory, bytes, GPU_MEMORY_HOST, name));
    return gpu_transfer_commands_create(device, &slot->pool, &slot->commands, name);
}

enum status gpu_slot_create(struct gpu_device *device, struct gpu_slot **out, uint64_t bytes,
                            const char *name) {
    struct gpu_slot *slot;
    *out = NULL;
    TRY(memory_new(&slot, 1, sizeof *slot));
    const enum status status = create(slot, device, bytes, name);
    if (status != STATUS_OK) {
        if (slot->memory == NULL) /* nothing was made */
            free(slot);
        else
            gpu_slot_destroy(slot);
        return status;
    }
    *out = slot;
    return STATUS_OK;
}

void gpu_slot_destroy(struct gpu_slot *slot) {
    if (slot == NULL)
        return;
    struct gpu_device *const device = slot->memory->device;
    if (gpu_settle(device))
        device->vk.vkDestroyCommandPool(device->handle, slot->pool, NULL);
    gpu_buffer_destroy(slot->memory);
    free(slot);
}

enum status gpu_slot_take(struct gpu_slot *slot, void **memory) {
    TRY(gpu_wait(slot->memory->device, slot->last, "copy a slot"));
    *memory = slot->memory->mapped;
    return STATUS_OK;
}

static enum status check(const struct gpu_slot *slot, const struct gpu_copy *copies, size_t count) {
    for (size_t i = 0; i < count; i++) {
        TRY(gpu_check_span(copies[i].buffer, copies[i].offset, copies[i].bytes));
        TRY(gpu_check_span(slot->memory, copies[i].slot_offset, copies[i].bytes));
    }
    return STATUS_OK;
}

static enum status copy(struct gpu_slot *slot, const struct gpu_copy *copies, size_t count, bool up) {
    struct gpu_device *const device = slot->memory->device;
    TRY(gpu_ready(device));
    TRY(check(slot, copies, count));
    TRY(gpu_wait(device, slot->last, "copy a slot"));
    TRY(gpu_transfer_begin(device, slot->pool, slot->commands));
    for (size_t i = 0; i < count; i++) {
        const VkBufferCopy region = {.srcOffset = up ? copies[i].slot_offset : copies[i].offset,
                                     .dstOffset = up ? copies[i].offset : copies[i].slot_offset,
                                     .size = copies[i].bytes};
        device->vk.vkCmdCopyBuffer(slot->commands, up ? slot->memory->handle : copies[i].buffer->handle,
                                   up ? copies[i].buffer->handle : slot->memory->handle, 1, &region);
    }
    TRY(gpu_transfer_submit(device, slot->commands, "copy a slot"));
    slot->last = device->submitted;
    return STATUS_OK;
}

enum status gpu_slot_upload(struct gpu_slot *slot, const struct gpu_copy *copies, size_t count) {
    return copy(slot, copies, count, true);
}

enum status gpu_slot_download(struct gpu_slot *slot, const struct gpu_copy *copies, size_t count) {
    return copy(slot, copies, count, false);
}
