#include "gpu/gpu_internal.h"

#include <stdio.h>
#include <string.h>

static const char *result_text(VkResult result) {
    switch (result) {
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "out of host memory";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "out of device memory";
    case VK_ERROR_INITIALIZATION_FAILED:
        return "the driver failed to start";
    case VK_ERROR_DEVICE_LOST:
        return "the device was lost";
    case VK_ERROR_MEMORY_MAP_FAILED:
        return "the memory cannot be mapped";
    case VK_ERROR_LAYER_NOT_PRESENT:
        return "a layer is missing";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
        return "an extension is missing";
    case VK_ERROR_FEATURE_NOT_PRESENT:
        return "a feature is missing";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return "no driver fits";
    case VK_ERROR_TOO_MANY_OBJECTS:
        return "too many objects";
    case VK_ERROR_FRAGMENTED_POOL:
    case VK_ERROR_OUT_OF_POOL_MEMORY:
        return "a pool is exhausted";
    default:
        return "the driver reports an error";
    }
}

enum status gpu_check_result(VkResult result, const char *what) {
    if (result >= VK_SUCCESS)
        return STATUS_OK;
    const bool memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return status_set(memory ? STATUS_MEMORY : STATUS_DEVICE, "cannot %s: %s (VkResult %d)", what,
                      result_text(result), result);
}

/* Adds what VK_EXT_device_fault knows to the device's `loss`. */
static void ask_for_fault(struct gpu_device *device) {
    if (!device->support.device_fault)
        return;
    VkDeviceFaultCountsEXT counts = {.sType = VK_STRUCTURE_TYPE_DEVICE_FAULT_COUNTS_EXT};
    if (device->vk.vkGetDeviceFaultInfoEXT(device->handle, &counts, NULL) < VK_SUCCESS)
        return;
    enum { MOST = 16 };
    VkDeviceFaultAddressInfoEXT addresses[MOST] = {0};
    VkDeviceFaultVendorInfoEXT vendors[MOST] = {0};
    VkDeviceFaultInfoEXT info = {.sType = VK_STRUCTURE_TYPE_DEVICE_FAULT_INFO_EXT,
                                 .pAddressInfos = addresses,
                                 .pVendorInfos = vendors};
    counts.addressInfoCount = counts.addressInfoCount < MOST ? counts.addressInfoCount : MOST;
    counts.vendorInfoCount = counts.vendorInfoCount < MOST ? counts.vendorInfoCount : MOST;
    counts.vendorBinarySize = 0;
    if (device->vk.vkGetDeviceFaultInfoEXT(device->handle, &counts, &info) < VK_SUCCESS)
        return;
    size_t used = strlen(device->loss);
    const size_t size = sizeof device->loss;
    used += (size_t)snprintf(device->loss + used, size - used, "; the driver says: %.100s", info.description);
    if (counts.addressInfoCount > 0 && used < size)
        used += (size_t)snprintf(device->loss + used, size - used, ", at address 0x%llx (kind %d)",
                                 (unsigned long long)addresses[0].reportedAddress, addresses[0].addressType);
    if (counts.vendorInfoCount > 0 && used < size)
        snprintf(device->loss + used, size - used, ", %.80s (code 0x%llx)", vendors[0].description,
                 (unsigned long long)vendors[0].vendorFaultCode);
}

enum status gpu_check(struct gpu_device *device, VkResult result, const char *what) {
    if (result != VK_ERROR_DEVICE_LOST)
        return gpu_check_result(result, what);
    if (!device->lost) {
        device->lost = true;
        snprintf(
            device->loss, sizeof device->loss,
            "the device %.100s was lost while trying to %.80s (its driver reset it: see the kernel's log)",
            device->properties.name, what);
        ask_for_fault(device);
    }
    return gpu_ready(device);
}

bool gpu_device_is_lost(const struct gpu_device *device) {
    return device->lost || device->hung;
}

enum status gpu_ready(const struct gpu_device *device) {
    if (gpu_device_is_lost(device))
        return status_set(STATUS_DEVICE, "%s", device->loss);
    return STATUS_OK;
}

enum status gpu_ready_to_run(const struct gpu_device *device) {
    if (device->compile_only)
        return status_set(STATUS_UNSUPPORTED, "the device %s was opened for compiling only",
                          device->properties.name);
    return gpu_ready(device);
}

enum status gpu_validation_check(const struct gpu_device *device) {
    if (device->instance.message_count == 0)
        return STATUS_OK;
    return status_set(STATUS_DEVICE, "the validation layer complained %zu times, first: %s",
                      device->instance.message_count, device->instance.first_message);
}

size_t gpu_device_validation_count(const struct gpu_device *device) {
    return device->instance.message_count;
}

const char *gpu_device_validation_first(const struct gpu_device *device) {
    return device->instance.first_message;
}
