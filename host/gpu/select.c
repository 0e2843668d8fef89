#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status query_all(const struct gpu_instance *instance, struct gpu_properties **list,
                             size_t *count) {
    VkPhysicalDevice *devices;
    uint32_t found;
    TRY(gpu_physical_devices(instance, &devices, &found));
    const enum status status = memory_new(list, found, sizeof **list);
    for (uint32_t i = 0; status == STATUS_OK && i < found; i++) {
        struct gpu_support support;
        gpu_properties_query(devices[i], &(*list)[i], &support);
    }
    free(devices);
    *count = found;
    return status;
}

enum status gpu_devices_list(struct gpu_properties **list, size_t *count, const char **why) {
    static _Thread_local char reason[512];
    *list = NULL;
    *count = 0;
    *why = "";
    struct gpu_instance instance;
    const enum status started = gpu_instance_create(&instance, false);
    if (started == STATUS_DEVICE) {
        snprintf(reason, sizeof reason, "%s", status_message());
        *why = reason;
        return STATUS_OK;
    }
    TRY(started);
    const enum status status = query_all(&instance, list, count);
    gpu_instance_destroy(&instance);
    if (status == STATUS_OK && *count == 0)
        *why = gpu_no_driver;
    return status;
}

/* The better, the higher: usable first, then by type. */
static int rank(const struct gpu_properties *properties) {
    static const int by_type[] = {
        [GPU_TYPE_OTHER] = 1,      [GPU_TYPE_CPU] = 2,      [GPU_TYPE_VIRTUAL] = 3,
        [GPU_TYPE_INTEGRATED] = 4, [GPU_TYPE_DISCRETE] = 5,
    };
    return by_type[properties->type] + (properties->missing[0] == '\0' ? 10 : 0);
}

/* A number that is no index may be part of a name. */
size_t gpu_devices_choose(const struct gpu_properties *list, size_t count, const char *selector) {
    if (selector == NULL)
        selector = "";
    char *end;
    const unsigned long number = strtoul(selector, &end, 10);
    if (selector[0] >= '0' && selector[0] <= '9' && *end == '\0' && number < count)
        return number;
    size_t best = count;
    for (size_t i = 0; i < count; i++)
        if (strcasestr(list[i].name, selector) != NULL &&
            (best == count || rank(&list[i]) > rank(&list[best])))
            best = i;
    return best;
}

static enum status refuse(const char *selector, const struct gpu_properties *list, size_t count) {
    char names[768] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof names; i++) {
        const int written =
            snprintf(names + used, sizeof names - used, "%s%zu %s", i ? ", " : "", i, list[i].name);
        used += written > 0 ? (size_t)written : 0;
    }
    return status_set(STATUS_USAGE, "no Vulkan device '%s'; choose by number or part of the name from: %s",
                      selector, names);
}

enum status gpu_device_select(const struct gpu_instance *instance, const char *selector,
                              VkPhysicalDevice *physical) {
    struct gpu_properties *list = NULL;
    VkPhysicalDevice *devices = NULL;
    size_t count;
    uint32_t device_count;
    enum status status;
    TRY_GOTO(status, query_all(instance, &list, &count), done);
    TRY_GOTO(status, gpu_physical_devices(instance, &devices, &device_count), done);
    if (count == 0 || device_count != count) {
        status = status_set(STATUS_DEVICE, "%s", gpu_no_driver);
        goto done;
    }
    const size_t index = gpu_devices_choose(list, count, selector);
    if (index == count)
        status = refuse(selector, list, count);
    else if (list[index].missing[0] != '\0')
        status = status_set(STATUS_UNSUPPORTED, "device %zu, %s, cannot be used: %s; choose another one",
                            index, list[index].name, list[index].missing);
    else
        *physical = devices[index];
done:
    free(devices);
    free(list);
    return status;
}
