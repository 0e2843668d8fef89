#include "gpu/gpu_internal.h"
#include "gpu/matrices.h"

#include "base/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The floor of the design: the smallest limits among current drivers (and what the shaders count on). */
enum { FLOOR_INVOCATIONS = 256, FLOOR_SHARED_BYTES = 16384, FLOOR_PUSH_BYTES = 128 };
static const uint64_t floor_storage_range = UINT64_C(128) << 20;

static enum gpu_device_type device_type(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return GPU_TYPE_INTEGRATED;
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return GPU_TYPE_DISCRETE;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
        return GPU_TYPE_VIRTUAL;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return GPU_TYPE_CPU;
    default:
        return GPU_TYPE_OTHER;
    }
}

static void query_extensions(VkPhysicalDevice physical, struct gpu_support *support) {
    uint32_t count = 0;
    VkExtensionProperties *list = NULL;
    if (vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL) != VK_SUCCESS ||
        (list = calloc(count ? count : 1, sizeof *list)) == NULL ||
        vkEnumerateDeviceExtensionProperties(physical, NULL, &count, list) < VK_SUCCESS)
        count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const char *const name = list[i].extensionName;
        if (strcmp(name, VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME) == 0)
            support->subgroup_extension = true;
        else if (strcmp(name, VK_EXT_DEVICE_FAULT_EXTENSION_NAME) == 0)
            support->device_fault = true;
        else if (strcmp(name, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME) == 0)
            support->memory_budget = true;
        else if (strcmp(name, VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME) == 0)
            support->matrices = true;
        else if (strcmp(name, VK_KHR_SHADER_BFLOAT16_EXTENSION_NAME) == 0)
            support->bfloat16 = true;
        else if (strcmp(name, VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME) == 0)
            support->statistics = true;
    }
    free(list);
}

/* A family for compute alone is preferred: it leaves the desktop its own queue, and drivers give it longer
 * before their watchdog fires. Returns whether there is any family for compute. */
static bool choose_queue_family(VkPhysicalDevice physical, struct gpu_support *support) {
    VkQueueFamilyProperties families[32];
    uint32_t count = 32;
    vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
    int best = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!(families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) || families[i].queueCount == 0)
            continue;
        const bool alone = !(families[i].queueFlags & VK_QUEUE_GRAPHICS_BIT);
        const int score = 1 + (alone && families[i].timestampValidBits > 0);
        if (score > best) {
            best = score;
            support->queue_family = i;
            support->timestamp_bits = families[i].timestampValidBits;
        }
    }
    return best > 0;
}

static uint64_t device_memory_bytes(VkPhysicalDevice physical) {
    VkPhysicalDeviceMemoryProperties memory;
    vkGetPhysicalDeviceMemoryProperties(physical, &memory);
    uint64_t largest = 0;
    for (uint32_t i = 0; i < memory.memoryHeapCount; i++)
        if ((memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) &&
            memory.memoryHeaps[i].size > largest)
            largest = memory.memoryHeaps[i].size;
    return largest;
}

/* What Vulkan 1.0 tells. */
static void take_basics(struct gpu_properties *p, const VkPhysicalDeviceProperties *vk) {
    const VkPhysicalDeviceLimits *const limits = &vk->limits;
    snprintf(p->name, sizeof p->name, "%s", vk->deviceName);
    p->vendor_id = vk->vendorID;
    p->device_id = vk->deviceID;
    p->driver_version = vk->driverVersion;
    p->api_version = vk->apiVersion;
    p->type = device_type(vk->deviceType);
    p->max_invocations = limits->maxComputeWorkGroupInvocations;
    p->max_shared_bytes = limits->maxComputeSharedMemorySize;
    p->max_push_bytes = limits->maxPushConstantsSize;
    memcpy(p->max_groups, limits->maxComputeWorkGroupCount, sizeof p->max_groups);
    p->max_storage_range = limits->maxStorageBufferRange;
    p->max_allocation = UINT64_C(1) << 30; /* Vulkan's own minimum, until the device says more */
    p->storage_alignment = (uint32_t)limits->minStorageBufferOffsetAlignment;
    p->timestamp_period = limits->timestampPeriod;
}

/* What Vulkan 1.2 and 1.3 tell. */
static void query_modern(VkPhysicalDevice physical, struct gpu_properties *p, struct gpu_support *support) {
    const bool has_1_3 = p->api_version >= VK_API_VERSION_1_3;
    const bool size_control = has_1_3 || support->subgroup_extension;
    VkPhysicalDeviceSubgroupSizeControlProperties sizes = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_PROPERTIES};
    VkPhysicalDeviceMaintenance4Properties maintenance4 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_4_PROPERTIES,
        .pNext = size_control ? &sizes : NULL};
    VkPhysicalDeviceVulkan12Properties core12 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES,
        .pNext = has_1_3 ? (void *)&maintenance4 : maintenance4.pNext};
    VkPhysicalDeviceVulkan11Properties core11 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_PROPERTIES, .pNext = &core12};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &core11};
    vkGetPhysicalDeviceProperties2(physical, &properties);

    VkPhysicalDeviceSubgroupSizeControlFeatures size_features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES};
    VkPhysicalDeviceFaultFeaturesEXT fault_features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FAULT_FEATURES_EXT,
        .pNext = size_control ? &size_features : NULL};
    void *const with_fault = support->device_fault ? (void *)&fault_features : fault_features.pNext;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR statistics_features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
        .pNext = with_fault};
    VkPhysicalDeviceVulkan12Features features12 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
        .pNext = support->statistics ? (void *)&statistics_features : with_fault};
    VkPhysicalDeviceVulkan11Features features11 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES, .pNext = &features12};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = &features11};
    vkGetPhysicalDeviceFeatures2(physical, &features);

    snprintf(p->driver, sizeof p->driver, "%.120s%s%.120s", core12.driverName,
             core12.driverInfo[0] ? " " : "", core12.driverInfo);
    p->max_allocation = core11.maxMemoryAllocationSize;
    if (has_1_3 && maintenance4.maxBufferSize < p->max_allocation)
        p->max_allocation = maintenance4.maxBufferSize;
    p->subgroup_size = core11.subgroupSize;
    const bool in_compute = (core11.subgroupSupportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
    p->subgroup_arithmetic =
        in_compute && (core11.subgroupSupportedOperations & VK_SUBGROUP_FEATURE_ARITHMETIC_BIT);
    p->subgroup_quad = in_compute && p->subgroup_size >= 4 &&
                       (core11.subgroupSupportedOperations & VK_SUBGROUP_FEATURE_BASIC_BIT) &&
                       (core11.subgroupSupportedOperations & VK_SUBGROUP_FEATURE_QUAD_BIT);
    p->int64 = features.features.shaderInt64;
    p->float16 = features12.shaderFloat16;
    p->storage16 = features11.storageBuffer16BitAccess;
    support->device_fault = support->device_fault && fault_features.deviceFault;
    support->statistics = support->statistics && statistics_features.pipelineExecutableInfo;
    support->subgroup_size_control =
        size_features.subgroupSizeControl && (sizes.requiredSubgroupSizeStages & VK_SHADER_STAGE_COMPUTE_BIT);
    if (support->subgroup_size_control) {
        p->subgroup_min = sizes.minSubgroupSize;
        p->subgroup_max = sizes.maxSubgroupSize;
    }
}

static void list_missing(struct gpu_properties *p, const VkPhysicalDeviceLimits *limits, bool has_queue) {
    char *const text = p->missing;
    const size_t size = sizeof p->missing;
    const uint32_t major = VK_API_VERSION_MAJOR(p->api_version);
    const uint32_t minor = VK_API_VERSION_MINOR(p->api_version);
    if (p->api_version < VK_API_VERSION_1_2)
        snprintf(text, size, "Vulkan 1.2 is needed, the driver has %u.%u", major, minor);
    else if (!has_queue)
        snprintf(text, size, "a queue for compute is needed, the driver has none");
    else if (p->max_invocations < FLOOR_INVOCATIONS)
        snprintf(text, size, "workgroups of %d invocations are needed, the driver allows %u",
                 FLOOR_INVOCATIONS, p->max_invocations);
    else if (p->max_shared_bytes < FLOOR_SHARED_BYTES)
        snprintf(text, size, "%d bytes of shared memory are needed, the driver has %u", FLOOR_SHARED_BYTES,
                 p->max_shared_bytes);
    else if (p->max_push_bytes < FLOOR_PUSH_BYTES)
        snprintf(text, size, "%d bytes of push constants are needed, the driver has %u", FLOOR_PUSH_BYTES,
                 p->max_push_bytes);
    else if (p->max_storage_range < floor_storage_range)
        snprintf(text, size, "storage buffers of 128 MiB are needed, the driver allows %llu MiB",
                 (unsigned long long)(p->max_storage_range >> 20));
    else if (limits->maxPerStageDescriptorStorageBuffers < GPU_MAX_BINDINGS)
        snprintf(text, size, "%d storage buffers per shader are needed, the driver allows %u",
                 GPU_MAX_BINDINGS, limits->maxPerStageDescriptorStorageBuffers);
}

void gpu_properties_query(VkPhysicalDevice physical, struct gpu_properties *properties,
                          struct gpu_support *support) {
    memset(properties, 0, sizeof *properties);
    memset(support, 0, sizeof *support);
    VkPhysicalDeviceProperties basics;
    vkGetPhysicalDeviceProperties(physical, &basics);
    take_basics(properties, &basics);
    properties->memory_bytes = device_memory_bytes(physical);
    const bool has_queue = choose_queue_family(physical, support);
    properties->timestamps = support->timestamp_bits > 0;
    query_extensions(physical, support);
    if (properties->api_version >= VK_API_VERSION_1_2) {
        query_modern(physical, properties, support);
        gpu_matrices_query(physical, properties, support);
    }
    list_missing(properties, &basics.limits, has_queue);
}

enum status gpu_physical_devices(const struct gpu_instance *instance, VkPhysicalDevice **list,
                                 uint32_t *count) {
    *list = NULL;
    *count = 0;
    uint32_t found = 0;
    const VkResult result = vkEnumeratePhysicalDevices(instance->handle, &found, NULL);
    if (result == VK_ERROR_INITIALIZATION_FAILED) /* what some loaders say when every driver refuses */
        return STATUS_OK;
    TRY(gpu_check_result(result, "list the Vulkan devices"));
    TRY(memory_new(list, found, sizeof(VkPhysicalDevice)));
    const enum status status = gpu_check_result(vkEnumeratePhysicalDevices(instance->handle, &found, *list),
                                                "list the Vulkan devices");
    if (status != STATUS_OK) {
        free(*list);
        *list = NULL;
        return status;
    }
    *count = found;
    return STATUS_OK;
}
