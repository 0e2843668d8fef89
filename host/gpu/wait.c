#include "gpu/gpu_internal.h"

#include <stdio.h>

/* What a device takes at once. `work` is in the unit of struct gpu_dispatch. A GPU gets what even a poor
 * shader ends well within a desktop's watchdog (2 s on Windows, 10 s for amdgpu's graphics queue), at an
 * assumed 200 GFLOP/s for discrete and 20 for others. A CPU device has no watchdog; its submissions are
 * bounded so that a wait sees progress. `seconds` without any submission ending mean a hung device. */
static const struct {
    double work;
    double seconds;
} limits[] = {
    [GPU_TYPE_OTHER] = {2e10, 300},   [GPU_TYPE_INTEGRATED] = {2e10, 300}, [GPU_TYPE_DISCRETE] = {2e11, 300},
    [GPU_TYPE_VIRTUAL] = {2e10, 300}, [GPU_TYPE_CPU] = {1e12, 3600},
};

double gpu_submission_budget(const struct gpu_device *device) {
    return limits[device->properties.type].work;
}

enum status gpu_submit(struct gpu_device *device, VkCommandBuffer commands, const char *what) {
    const uint64_t value = device->submitted + 1;
    const VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &timeline,
        .commandBufferCount = 1,
        .pCommandBuffers = &commands,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &device->timeline,
    };
    TRY(gpu_check(device, device->vk.vkQueueSubmit(device->queue, 1, &submit, VK_NULL_HANDLE), what));
    device->submitted = value;
    device->counts.submissions++;
    return STATUS_OK;
}

/* VK_SUCCESS or VK_TIMEOUT, or what went wrong. */
static VkResult wait_until(struct gpu_device *device, uint64_t value, double seconds) {
    const VkSemaphoreWaitInfo wait = {
        .sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO,
        .semaphoreCount = 1,
        .pSemaphores = &device->timeline,
        .pValues = &value,
    };
    return device->vk.vkWaitSemaphores(device->handle, &wait, (uint64_t)(seconds * 1e9));
}

static enum status give_up(struct gpu_device *device, double seconds, const char *what) {
    device->hung = true;
    snprintf(device->loss, sizeof device->loss,
             "the device %.100s hangs: no progress for %.0f s while trying to %.100s; use a smaller batch or "
             "another driver",
             device->properties.name, seconds, what);
    return gpu_ready(device);
}

enum status gpu_wait(struct gpu_device *device, uint64_t value, const char *what) {
    const double seconds = limits[device->properties.type].seconds;
    uint64_t before = 0, now = 0;
    if (value <= device->reached)
        return STATUS_OK;
    TRY(gpu_ready(device));
    device->counts.waits++;
    device->counts.waits_for_all += value == device->submitted;
    VkResult result = VK_TIMEOUT;
    while (result == VK_TIMEOUT) {
        TRY(gpu_check(
            device, device->vk.vkGetSemaphoreCounterValue(device->handle, device->timeline, &before), what));
        result = wait_until(device, value, seconds);
        TRY(gpu_check(device, device->vk.vkGetSemaphoreCounterValue(device->handle, device->timeline, &now),
                      what));
        if (result == VK_TIMEOUT && now == before)
            return give_up(device, seconds, what);
    }
    TRY(gpu_check(device, result, what));
    device->reached = value;
    return STATUS_OK;
}

bool gpu_settle(struct gpu_device *device) {
    const enum status status = gpu_wait(device, device->submitted, "end what was started");
    return status == STATUS_OK || !device->hung;
}
