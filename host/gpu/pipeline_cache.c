#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file of one device and driver: this header, then what vkGetPipelineCacheData gave. Drivers have crashed
 * on damaged data, so that it is checked by us before any driver sees it. */
struct file_header {
    char magic[8];
    uint64_t bytes, hash; /* of what follows */
};

static const char magic[8] = "MNSPPC1";
static const uint64_t most_bytes = UINT64_C(256) << 20; /* beyond it the file is begun anew */

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(const unsigned char *data, uint64_t count) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint64_t i = 0; i < count; i++)
        hash = (hash ^ data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

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

/* The file's data, or NULL when there is no sound file. */
static unsigned char *load(const char *path, size_t *bytes) {
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct file_header header;
    unsigned char *data = NULL;
    if (fread(&header, sizeof header, 1, file) == 1 && memcmp(header.magic, magic, sizeof magic) == 0 &&
        header.bytes > 0 && header.bytes <= most_bytes && (data = malloc(header.bytes)) != NULL &&
        (fread(data, 1, header.bytes, file) != header.bytes || fgetc(file) != EOF ||
         hash_bytes(data, header.bytes) != header.hash)) {
        free(data);
        data = NULL;
    }
    fclose(file);
    *bytes = data ? header.bytes : 0;
    return data;
}

enum status gpu_pipeline_cache_open(struct gpu_device *device, const char *directory) {
    struct gpu_pipeline_cache *const cache = &device->cache;
    unsigned char *data = NULL;
    if (directory != NULL) {
        TRY(name_file(device, directory));
        data = load(cache->path, &cache->loaded_bytes);
    }
    VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = cache->loaded_bytes,
        .pInitialData = data,
    };
    VkResult result = device->vk.vkCreatePipelineCache(device->handle, &info, NULL, &cache->handle);
    if (result < VK_SUCCESS && data != NULL) { /* the driver dislikes it: begin anew */
        info.initialDataSize = cache->loaded_bytes = 0;
        info.pInitialData = NULL;
        result = device->vk.vkCreatePipelineCache(device->handle, &info, NULL, &cache->handle);
    }
    free(data);
    return gpu_check(device, result, "create a pipeline cache");
}

static bool write_whole(FILE *file, const unsigned char *data, size_t bytes) {
    struct file_header header = {.bytes = bytes, .hash = hash_bytes(data, bytes)};
    memcpy(header.magic, magic, sizeof magic);
    return fwrite(&header, sizeof header, 1, file) == 1 && fwrite(data, 1, bytes, file) == bytes &&
           fflush(file) == 0 && fsync(fileno(file)) == 0;
}

/* Written beside and renamed, so that a reader or a crash never meets half a file. */
static void replace_file(const struct gpu_pipeline_cache *cache, const unsigned char *data, size_t bytes) {
    char *temporary;
    if (memory_format(&temporary, "%s.XXXXXX", cache->path) != STATUS_OK)
        return;
    (void)mkdir(cache->directory, 0700);
    const int descriptor = mkstemp(temporary);
    if (descriptor >= 0) {
        FILE *const file = fdopen(descriptor, "wb");
        bool good = file != NULL && write_whole(file, data, bytes);
        if (file != NULL)
            good = fclose(file) == 0 && good;
        else
            close(descriptor);
        if (!good || rename(temporary, cache->path) != 0)
            unlink(temporary);
    }
    free(temporary);
}

void gpu_pipeline_cache_save(struct gpu_device *device) {
    struct gpu_pipeline_cache *const cache = &device->cache;
    cache->unsaved_seconds = 0;
    size_t bytes = 0;
    if (cache->path == NULL || cache->handle == VK_NULL_HANDLE || device->lost ||
        device->vk.vkGetPipelineCacheData(device->handle, cache->handle, &bytes, NULL) != VK_SUCCESS ||
        bytes <= cache->loaded_bytes)
        return;
    if (bytes > most_bytes) {
        unlink(cache->path);
        return;
    }
    unsigned char *const data = malloc(bytes);
    if (data != NULL &&
        device->vk.vkGetPipelineCacheData(device->handle, cache->handle, &bytes, data) == VK_SUCCESS) {
        replace_file(cache, data, bytes);
        cache->loaded_bytes = bytes;
    }
    free(data);
}

void gpu_pipeline_cache_close(struct gpu_device *device) {
    struct gpu_pipeline_cache *const cache = &device->cache;
    gpu_pipeline_cache_save(device);
    device->vk.vkDestroyPipelineCache(device->handle, cache->handle, NULL);
    free(cache->directory);
    free(cache->path);
}
