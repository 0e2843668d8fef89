#include "gpu/gpu_internal.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A file of one device and driver: this header, then what vkGetPipelineCacheData gave. Drivers have crashed
 * on damaged data, so that it is checked by us before any driver sees it. */
struct file_header {
    char magic[8];
    uint64_t bytes, hash; /* of what follows */
};

static const char magic[8] = "MNSPPC1";
static const size_t most_bytes = (size_t)256 << 20; /* beyond it the file is begun anew */

static enum status name_file(struct gpu_device *device, const char *directory) {
    const struct gpu_properties *const properties = &device->properties;
    VkPhysicalDeviceProperties basics;
    vkGetPhysicalDeviceProperties(device->physical, &basics);
    char uuid[2 * VK_UUID_SIZE + 1];
    for (size_t i = 0; i < VK_UUID_SIZE; i++)
        snprintf(uuid + 2 * i, 3, "%02x", basics.pipelineCacheUUID[i]);
    TRY(memory_copy_text(&device->cache.directory, directory));
    return memory_format(&device->cache.path, "%s/pipelines-%x-%x-%x-%s.bin", directory,
                         properties->vendor_id, properties->device_id, properties->driver_version, uuid);
}

/* Whether a file holds what was once written, whole and undamaged. */
static bool is_sound(const char *file, size_t bytes) {
    struct file_header header;
    if (bytes < sizeof header)
        return false;
    memcpy(&header, file, sizeof header);
    return memcmp(header.magic, magic, sizeof magic) == 0 && header.bytes == bytes - sizeof header &&
           hash_bytes((const unsigned char *)file + sizeof header, header.bytes) == header.hash;
}

enum status gpu_pipeline_cache_open(struct gpu_device *device, const char *directory) {
    struct gpu_pipeline_cache *const cache = &device->cache;
    char *file = NULL;
    size_t bytes = 0;
    if (directory != NULL) {
        TRY(name_file(device, directory));
        if (file_exists(cache->path) && file_read(&file, &bytes, cache->path, most_bytes) == STATUS_OK &&
            is_sound(file, bytes))
            cache->saved_bytes = bytes - sizeof(struct file_header);
    }
    VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = cache->saved_bytes,
        .pInitialData = cache->saved_bytes ? file + sizeof(struct file_header) : NULL,
    };
    VkResult result = device->vk.vkCreatePipelineCache(device->handle, &info, NULL, &cache->handle);
    if (result < VK_SUCCESS && cache->saved_bytes > 0) { /* the driver dislikes it: begin anew */
        info.initialDataSize = cache->saved_bytes = 0;
        info.pInitialData = NULL;
        result = device->vk.vkCreatePipelineCache(device->handle, &info, NULL, &cache->handle);
    }
    free(file);
    return gpu_check(device, result, "create a pipeline cache");
}

/* The header and the cache's data as one piece. */
static enum status serialise(struct gpu_device *device, size_t bytes, char **file, size_t *file_bytes) {
    struct file_header header = {0};
    TRY(memory_new(file, sizeof header + bytes, 1));
    char *const data = *file + sizeof header;
    const VkResult result =
        device->vk.vkGetPipelineCacheData(device->handle, device->cache.handle, &bytes, data);
    memcpy(header.magic, magic, sizeof magic);
    header.bytes = bytes;
    header.hash = hash_bytes((const unsigned char *)data, bytes);
    memcpy(*file, &header, sizeof header);
    *file_bytes = sizeof header + bytes;
    return gpu_check(device, result, "read the pipeline cache");
}

void gpu_pipeline_cache_save(struct gpu_device *device) {
    struct gpu_pipeline_cache *const cache = &device->cache;
    cache->unsaved_seconds = 0;
    size_t bytes = 0;
    if (cache->path == NULL || cache->handle == VK_NULL_HANDLE || device->lost ||
        device->vk.vkGetPipelineCacheData(device->handle, cache->handle, &bytes, NULL) != VK_SUCCESS ||
        bytes <= cache->saved_bytes)
        return;
    if (bytes > most_bytes - sizeof(struct file_header)) {
        (void)unlink(cache->path);
        return;
    }
    char *file = NULL, kept[STATUS_MESSAGE_SIZE];
    size_t file_bytes = 0;
    /* Whether it can be saved does not matter; why the program ends, perhaps, does. */
    snprintf(kept, sizeof kept, "%s", status_message());
    if (serialise(device, bytes, &file, &file_bytes) == STATUS_OK &&
        file_make_folders(cache->directory) == STATUS_OK &&
        file_replace(cache->path, file, file_bytes) == STATUS_OK)
        cache->saved_bytes = bytes;
    (void)status_set(STATUS_OK, "%s", kept);
    free(file);
}

void gpu_pipeline_cache_close(struct gpu_device *device) {
    struct gpu_pipeline_cache *const cache = &device->cache;
    gpu_pipeline_cache_save(device);
    device->vk.vkDestroyPipelineCache(device->handle, cache->handle, NULL);
    free(cache->directory);
    free(cache->path);
}
