#include "gpu/gpu_internal.h"
#include "gpu/matrices.h"

#include "base/memory.h"

#include <stdlib.h>

void gpu_name_object(const struct gpu_device *device, VkObjectType type, uint64_t handle, const char *name) {
    if (!device->instance.debug_utils)
        return;
    const VkDebugUtilsObjectNameInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_OBJECT_NAME_INFO_EXT,
        .objectType = type,
        .objectHandle = handle,
        .pObjectName = name,
    };
    /* A name that cannot be given costs nothing but the name. */
    (void)vkSetDebugUtilsObjectNameEXT(device->handle, &info);
}

/* ---- opening and closing ---- */

enum { MAX_EXTENSIONS = 6 };

static bool has_matrices(const struct gpu_properties *properties) {
    return properties->matrix[PRECISION_F16].m != 0 || properties->matrix[PRECISION_BF16].m != 0;
}

static uint32_t choose_extensions(const char *extensions[MAX_EXTENSIONS], const struct gpu_device *device) {
    const struct gpu_support *const support = &device->support;
    uint32_t count = 0;
    if (support->subgroup_size_control && device->properties.api_version < VK_API_VERSION_1_3)
        extensions[count++] = VK_EXT_SUBGROUP_SIZE_CONTROL_EXTENSION_NAME;
    if (support->device_fault)
        extensions[count++] = VK_EXT_DEVICE_FAULT_EXTENSION_NAME;
    if (support->memory_budget)
        extensions[count++] = VK_EXT_MEMORY_BUDGET_EXTENSION_NAME;
    if (support->statistics)
        extensions[count++] = VK_KHR_PIPELINE_EXECUTABLE_PROPERTIES_EXTENSION_NAME;
    if (has_matrices(&device->properties))
        extensions[count++] = VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME;
    if (device->properties.matrix[PRECISION_BF16].m != 0)
        extensions[count++] = VK_KHR_SHADER_BFLOAT16_EXTENSION_NAME;
    return count;
}

/* Features of extensions, each of them enabled. */
struct features {
    VkPhysicalDeviceSubgroupSizeControlFeatures sizes;
    VkPhysicalDeviceFaultFeaturesEXT fault;
    VkPhysicalDevicePipelineExecutablePropertiesFeaturesKHR executables;
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices;
    VkPhysicalDeviceShaderBfloat16FeaturesKHR bfloat16;
};

static const struct features all_features = {
    .sizes = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_SIZE_CONTROL_FEATURES,
              .subgroupSizeControl = VK_TRUE},
    .fault = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FAULT_FEATURES_EXT, .deviceFault = VK_TRUE},
    .executables = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PIPELINE_EXECUTABLE_PROPERTIES_FEATURES_KHR,
                    .pipelineExecutableInfo = VK_TRUE},
    .matrices = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
                 .cooperativeMatrix = VK_TRUE},
    .bfloat16 = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_BFLOAT16_FEATURES_KHR,
                 .shaderBFloat16Type = VK_TRUE,
                 .shaderBFloat16CooperativeMatrix = VK_TRUE},
};

/* Puts a structure, which is wanted or not, before a chain. */
static void add_feature(void **chain, bool wanted, void *structure, void **next) {
    if (!wanted)
        return;
    *next = *chain;
    *chain = structure;
}

/* Those that the device has and a variant makes use of, as a chain of structures in *features. */
static void *choose_features(struct features *features, const struct gpu_device *device) {
    void *chain = NULL;
    *features = all_features;
    add_feature(&chain, device->support.subgroup_size_control, &features->sizes, &features->sizes.pNext);
    add_feature(&chain, device->support.device_fault, &features->fault, &features->fault.pNext);
    add_feature(&chain, device->support.statistics, &features->executables, &features->executables.pNext);
    add_feature(&chain, has_matrices(&device->properties), &features->matrices, &features->matrices.pNext);
    add_feature(&chain, device->properties.matrix[PRECISION_BF16].m != 0, &features->bfloat16,
                &features->bfloat16.pNext);
    return chain;
}

/* Robust buffer access stays off, and a feature is enabled only where a variant makes use of it. */
static enum status create_logical(struct gpu_device *device) {
    const struct gpu_properties *const properties = &device->properties;
    const char *extensions[MAX_EXTENSIONS];
    const uint32_t extension_count = choose_extensions(extensions, device);
    struct features features;
    VkPhysicalDeviceVulkan12Features core12 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES,
        .pNext = choose_features(&features, device),
        .vulkanMemoryModel = has_matrices(properties),
        .shaderFloat16 = properties->float16,
        .timelineSemaphore = VK_TRUE,
    };
    VkPhysicalDeviceVulkan11Features core11 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES,
        .pNext = &core12,
        .storageBuffer16BitAccess = properties->storage16,
    };
    const VkPhysicalDeviceFeatures core10 = {.shaderInt64 = properties->int64};
    const float priority = 1.0f;
    const VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = device->support.queue_family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &core11,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = extension_count,
        .ppEnabledExtensionNames = extensions,
        .pEnabledFeatures = &core10,
    };
    TRY(gpu_check_result(vkCreateDevice(device->physical, &info, NULL, &device->handle), "open the device"));
    volkLoadDeviceTable(&device->vk, device->handle);
    device->vk.vkGetDeviceQueue(device->handle, device->support.queue_family, 0, &device->queue);
    return STATUS_OK;
}

static enum status create_queue_objects(struct gpu_device *device) {
    const VkSemaphoreTypeCreateInfo type = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO,
                                            .semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE};
    const VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO,
                                             .pNext = &type};
    TRY(gpu_check(device, device->vk.vkCreateSemaphore(device->handle, &semaphore, NULL, &device->timeline),
                  "create a semaphore"));
    gpu_name_object(device, VK_OBJECT_TYPE_SEMAPHORE, (uint64_t)device->timeline, "submissions");
    return gpu_transfer_commands_create(device, &device->transfer_pool, &device->transfer_commands,
                                        "transfer");
}

/* A validation layer complains about what is younger than it is. */
static void leave_out_new_matrices(struct gpu_properties *properties, uint32_t layer_version) {
    static const char older[] = "the validation layer is older than they are";
    if (layer_version < VK_MAKE_API_VERSION(0, 1, 3, 255))
        gpu_matrices_remove(properties, PRECISION_F16, older);
    if (layer_version < VK_MAKE_API_VERSION(0, 1, 4, 311))
        gpu_matrices_remove(properties, PRECISION_BF16, older);
}

static enum status open_selected(struct gpu_device *device, const char *selector,
                                 const struct gpu_options *options) {
    device->unmapped = options->unmapped;
    device->compile_only = options->compile_only;
    TRY(gpu_instance_create(&device->instance, options->validate));
    TRY(gpu_device_select(&device->instance, selector, &device->physical));
    gpu_properties_query(device->physical, &device->properties, &device->support);
    device->pace = gpu_pace_start(device->properties.type, options->work_at_once);
    device->support.statistics = device->support.statistics && options->compile_only;
    if (options->validate)
        leave_out_new_matrices(&device->properties, device->instance.layer_version);
    vkGetPhysicalDeviceMemoryProperties(device->physical, &device->memory);
    TRY(create_logical(device));
    if (!device->compile_only)
        TRY(create_queue_objects(device));
    return gpu_pipeline_cache_open(device, options->cache_directory);
}

enum status gpu_device_open(struct gpu_device **out, const char *selector,
                            const struct gpu_options *options) {
    struct gpu_device *device;
    *out = NULL;
    TRY(memory_new(&device, 1, sizeof *device));
    const enum status status = open_selected(device, selector, options);
    if (status != STATUS_OK) {
        gpu_device_close(device);
        return status;
    }
    *out = device;
    return STATUS_OK;
}

static void destroy_logical(struct gpu_device *device) {
    const struct VolkDeviceTable *const vk = &device->vk;
    if (device->submitted > 0)
        (void)vk->vkDeviceWaitIdle(device->handle);
    gpu_buffer_destroy(device->staging);
    gpu_pipelines_destroy(device);
    gpu_pipeline_cache_close(device);
    for (size_t i = 0; i <= GPU_MAX_BINDINGS; i++)
        vk->vkDestroyDescriptorSetLayout(device->handle, device->set_layouts[i], NULL);
    vk->vkDestroyCommandPool(device->handle, device->transfer_pool, NULL);
    vk->vkDestroySemaphore(device->handle, device->timeline, NULL);
    vk->vkDestroyDevice(device->handle, NULL);
}

void gpu_device_close(struct gpu_device *device) {
    if (device == NULL)
        return;
    /* What a hung device still uses is left to the system, which cleans up when the process ends. */
    if (device->handle != VK_NULL_HANDLE && !device->hung)
        destroy_logical(device);
    if (!device->hung)
        gpu_instance_destroy(&device->instance);
    free(device);
}

const struct gpu_properties *gpu_device_properties(const struct gpu_device *device) {
    return &device->properties;
}

const char *gpu_device_cache_directory(const struct gpu_device *device) {
    return device->cache.directory;
}

struct gpu_counts gpu_device_counts(const struct gpu_device *device) {
    return device->counts;
}

enum status gpu_device_finish(struct gpu_device *device) {
    TRY(gpu_ready_to_run(device));
    TRY(gpu_wait(device, device->submitted, "finish what was started"));
    return gpu_validation_check(device);
}
