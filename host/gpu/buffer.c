#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <stdlib.h>

static const VkMemoryPropertyFlags mappable =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

static double mebibytes(uint64_t bytes) {
    return (double)bytes / (double)(1 << 20);
}

/* How well a memory type serves, 0 for not at all. A discrete GPU's mappable memory may be a small window and
 * is slow to read for the host, so that it is used only where there is no other. */
static int score_type(const struct gpu_device *device, VkMemoryPropertyFlags flags, enum gpu_memory memory) {
    const bool local = flags & VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT;
    const bool mapped = (flags & mappable) == mappable;
    const bool cached = flags & VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    if (flags & (VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT | VK_MEMORY_PROPERTY_PROTECTED_BIT |
                 VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD))
        return 0;
    if (memory == GPU_MEMORY_HOST)
        return mapped ? 1 + 2 * cached + !local : 0;
    if (device->properties.type == GPU_TYPE_DISCRETE)
        return 1 + 4 * local + 2 * !mapped;
    return 1 + 4 * local + 2 * mapped + cached;
}

static uint32_t choose_type(const struct gpu_device *device, uint32_t allowed, enum gpu_memory memory) {
    uint32_t best = UINT32_MAX;
    int best_score = 0;
    for (uint32_t i = 0; i < device->memory.memoryTypeCount; i++) {
        const int score = score_type(device, device->memory.memoryTypes[i].propertyFlags, memory);
        if ((allowed >> i & 1) && score > best_score) {
            best = i;
            best_score = score;
        }
    }
    return best;
}

/* What is free in a heap: where the driver knows, beside what other programs use, else beside our own. */
static uint64_t room_in_heap(const struct gpu_device *device, uint32_t heap) {
    const uint64_t size = device->memory.memoryHeaps[heap].size;
    const uint64_t used = device->heap_used[heap];
    uint64_t room = used < size ? size - used : 0;
    if (device->support.memory_budget) {
        VkPhysicalDeviceMemoryBudgetPropertiesEXT budget = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_BUDGET_PROPERTIES_EXT};
        VkPhysicalDeviceMemoryProperties2 memory = {
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MEMORY_PROPERTIES_2, .pNext = &budget};
        vkGetPhysicalDeviceMemoryProperties2(device->physical, &memory);
        const uint64_t budgeted = budget.heapBudget[heap], usage = budget.heapUsage[heap];
        const uint64_t left = usage < budgeted ? budgeted - usage : 0;
        room = left < room ? left : room;
    }
    return room;
}

uint64_t gpu_device_room(const struct gpu_device *device) {
    const uint32_t type = choose_type(device, UINT32_MAX, GPU_MEMORY_DEVICE);
    return type == UINT32_MAX ? 0 : room_in_heap(device, device->memory.memoryTypes[type].heapIndex);
}

static enum status refuse_memory(const struct gpu_buffer *buffer, uint64_t bytes, uint64_t room,
                                 const char *name) {
    const struct gpu_device *const device = buffer->device;
    return status_set(STATUS_MEMORY,
                      "out of memory on %.100s: buffer '%.80s' needs %.1f MiB, %.1f of %.1f MiB are free, "
                      "%.1f MiB are ours; use a smaller batch or model",
                      device->properties.name, name, mebibytes(bytes), mebibytes(room),
                      mebibytes(device->memory.memoryHeaps[buffer->heap].size),
                      mebibytes(device->heap_used[buffer->heap]));
}

/* Memory of type `type` for the buffer, or a refusal with figures. */
static enum status allocate(struct gpu_buffer *buffer, uint64_t bytes, uint32_t type, const char *name) {
    struct gpu_device *const device = buffer->device;
    buffer->heap = device->memory.memoryTypes[type].heapIndex;
    /* A CPU device's memory is promised before it is there: asking for too much would get the process killed
     * later. A GPU's driver says so itself, and may move other programs' memory out first. */
    const uint64_t room = room_in_heap(device, buffer->heap);
    const bool promised = device->properties.type == GPU_TYPE_CPU;
    if (bytes > device->memory.memoryHeaps[buffer->heap].size || (promised && bytes > room))
        return refuse_memory(buffer, bytes, room, name);
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = bytes,
        .memoryTypeIndex = type,
    };
    const VkResult result = device->vk.vkAllocateMemory(device->handle, &info, NULL, &buffer->memory);
    if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY)
        return refuse_memory(buffer, bytes, room, name);
    TRY(gpu_check(device, result, "allocate memory"));
    buffer->allocated_bytes = bytes;
    device->heap_used[buffer->heap] += bytes;
    gpu_name_object(device, VK_OBJECT_TYPE_DEVICE_MEMORY, (uint64_t)buffer->memory, name);
    return STATUS_OK;
}

/* Maps the memory for as long as the buffer lives, if the host can see it without flushes. */
static enum status map(struct gpu_buffer *buffer, VkMemoryPropertyFlags flags, enum gpu_memory memory) {
    struct gpu_device *const device = buffer->device;
    if ((flags & mappable) != mappable || (device->unmapped && memory == GPU_MEMORY_DEVICE))
        return STATUS_OK;
    void *mapped;
    TRY(gpu_check(
        device,
        device->vk.vkMapMemory(device->handle, buffer->memory, 0, buffer->allocated_bytes, 0, &mapped),
        "map memory"));
    buffer->mapped = mapped;
    return STATUS_OK;
}

static enum status back_with_memory(struct gpu_buffer *buffer, enum gpu_memory memory, const char *name) {
    struct gpu_device *const device = buffer->device;
    VkMemoryRequirements needs;
    device->vk.vkGetBufferMemoryRequirements(device->handle, buffer->handle, &needs);
    const uint32_t type = choose_type(device, needs.memoryTypeBits, memory);
    if (type == UINT32_MAX)
        return status_set(STATUS_UNSUPPORTED, "%s has no memory type for buffer '%s'",
                          device->properties.name, name);
    TRY(allocate(buffer, needs.size, type, name));
    TRY(gpu_check(device, device->vk.vkBindBufferMemory(device->handle, buffer->handle, buffer->memory, 0),
                  "bind memory"));
    return map(buffer, device->memory.memoryTypes[type].propertyFlags, memory);
}

static enum status create(struct gpu_buffer *buffer, enum gpu_memory memory, const char *name) {
    struct gpu_device *const device = buffer->device;
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = buffer->bytes,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                 VK_BUFFER_USAGE_TRANSFER_DST_BIT,
        .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
    };
    TRY(gpu_check(device, device->vk.vkCreateBuffer(device->handle, &info, NULL, &buffer->handle),
                  "create a buffer"));
    gpu_name_object(device, VK_OBJECT_TYPE_BUFFER, (uint64_t)buffer->handle, name);
    return back_with_memory(buffer, memory, name);
}

enum status gpu_buffer_create(struct gpu_device *device, struct gpu_buffer **out, uint64_t bytes,
                              enum gpu_memory memory, const char *name) {
    *out = NULL;
    TRY(gpu_ready_to_run(device));
    if (bytes > device->properties.max_allocation)
        return status_set(STATUS_UNSUPPORTED,
                          "buffer '%s' needs %.1f MiB, %s allows %.1f MiB in one allocation; "
                          "use a smaller batch or model",
                          name, mebibytes(bytes), device->properties.name,
                          mebibytes(device->properties.max_allocation));
    struct gpu_buffer *buffer;
    TRY(memory_new(&buffer, 1, sizeof *buffer));
    buffer->device = device;
    buffer->bytes = bytes ? bytes : 4;
    const enum status status = create(buffer, memory, name);
    if (status != STATUS_OK) {
        gpu_buffer_destroy(buffer);
        return status;
    }
    *out = buffer;
    return STATUS_OK;
}

void gpu_buffer_destroy(struct gpu_buffer *buffer) {
    if (buffer == NULL)
        return;
    struct gpu_device *const device = buffer->device;
    if (gpu_settle(device)) {
        device->vk.vkDestroyBuffer(device->handle, buffer->handle, NULL);
        device->vk.vkFreeMemory(device->handle, buffer->memory, NULL);
        device->heap_used[buffer->heap] -= buffer->allocated_bytes;
    }
    free(buffer);
}

uint64_t gpu_buffer_bytes(const struct gpu_buffer *buffer) {
    return buffer->bytes;
}
