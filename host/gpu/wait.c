#include "gpu/gpu_internal.h"

#include "base/clock.h"

#include <stdio.h>

/* So long without any submission ending means a hung device. */
static double patience(const struct gpu_device *device) {
    return device->properties.type == GPU_TYPE_CPU ? 3600 : 300;
}

static void set_mark(struct gpu_device *device, uint64_t value) {
    device->mark = value;
    device->mark_seconds = clock_seconds();
    device->marked = true;
}

enum status gpu_submit(struct gpu_device *device, const VkCommandBuffer *commands, size_t count, double work,
                       const char *what) {
    const uint64_t value = device->submitted + 1;
    const VkTimelineSemaphoreSubmitInfo timeline = {
        .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
        .signalSemaphoreValueCount = 1,
        .pSignalSemaphoreValues = &value,
    };
    const VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext = &timeline,
        .commandBufferCount = (uint32_t)count,
        .pCommandBuffers = commands,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &device->timeline,
    };
    if (device->reached == device->submitted) /* it begins at once */
        set_mark(device, device->submitted);
    device->works[value % GPU_SUBMISSIONS_NOTED] = work;
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

/* Waits for one submission. One whose beginning and end were seen tells how fast the device is: it began
 * when the one before it ended. */
static enum status wait_for(struct gpu_device *device, uint64_t value, const char *what) {
    const double seconds = patience(device);
    VkResult result = wait_until(device, value, 0);
    const bool seen = result == VK_TIMEOUT;
    while (result == VK_TIMEOUT) {
        uint64_t before = 0, now = 0;
        TRY(gpu_check(
            device, device->vk.vkGetSemaphoreCounterValue(device->handle, device->timeline, &before), what));
        result = wait_until(device, value, seconds);
        TRY(gpu_check(device, device->vk.vkGetSemaphoreCounterValue(device->handle, device->timeline, &now),
                      what));
        if (result == VK_TIMEOUT && now == before)
            return give_up(device, seconds, what);
    }
    TRY(gpu_check(device, result, what));
    const bool begun = device->marked && device->mark == value - 1;
    const double begin = device->mark_seconds;
    device->marked = false;
    if (seen)
        set_mark(device, value);
    if (seen && begun)
        gpu_pace_note(&device->pace, device->works[value % GPU_SUBMISSIONS_NOTED],
                      device->mark_seconds - begin);
    device->reached = value;
    return STATUS_OK;
}

enum status gpu_wait(struct gpu_device *device, uint64_t value, const char *what) {
    if (value <= device->reached)
        return STATUS_OK;
    TRY(gpu_ready(device));
    device->counts.waits++;
    device->counts.waits_for_all += value == device->submitted;
    /* One after the other, but no further back than their work is known. */
    uint64_t next = device->reached + 1;
    if (device->submitted - next >= GPU_SUBMISSIONS_NOTED)
        next = device->submitted - GPU_SUBMISSIONS_NOTED + 1;
    for (next = next < value ? next : value; next <= value; next++)
        TRY(wait_for(device, next, what));
    return STATUS_OK;
}

bool gpu_settle(struct gpu_device *device) {
    const enum status status = gpu_wait(device, device->submitted, "end what was started");
    return status == STATUS_OK || !device->hung;
}
