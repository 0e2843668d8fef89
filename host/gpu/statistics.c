#include "gpu/gpu_internal.h"

#include <stdio.h>

static double number_of(const VkPipelineExecutableStatisticKHR *statistic) {
    switch (statistic->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR:
        return statistic->value.b32;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR:
        return (double)statistic->value.i64;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR:
        return (double)statistic->value.u64;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR:
        return statistic->value.f64;
    default:
        return 0;
    }
}

/* A compute pipeline is one executable with every driver seen; of several, the first is the shader. */
static enum status take_subgroup_size(struct gpu_device *device, struct gpu_statistics *out,
                                      const struct gpu_pipeline *pipeline) {
    const VkPipelineInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR,
                                    .pipeline = pipeline->handle};
    VkPipelineExecutablePropertiesKHR executable = {.sType =
                                                        VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    uint32_t count = 1;
    TRY(gpu_check(device,
                  device->vk.vkGetPipelineExecutablePropertiesKHR(device->handle, &info, &count, &executable),
                  "list what was compiled"));
    if (count == 0)
        return status_set(STATUS_UNSUPPORTED, "the driver %s tells nothing about its pipelines",
                          device->properties.driver);
    out->subgroup_size = executable.subgroupSize;
    return STATUS_OK;
}

static enum status take_values(struct gpu_device *device, struct gpu_statistics *out,
                               const struct gpu_pipeline *pipeline) {
    const VkPipelineExecutableInfoKHR info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR,
                                              .pipeline = pipeline->handle};
    VkPipelineExecutableStatisticKHR list[GPU_MAX_STATISTICS];
    for (uint32_t i = 0; i < GPU_MAX_STATISTICS; i++)
        list[i] =
            (VkPipelineExecutableStatisticKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
    out->count = GPU_MAX_STATISTICS;
    TRY(gpu_check(device,
                  device->vk.vkGetPipelineExecutableStatisticsKHR(device->handle, &info, &out->count, list),
                  "read what the compiler counted"));
    for (uint32_t i = 0; i < out->count; i++) {
        snprintf(out->values[i].name, sizeof out->values[i].name, "%.63s", list[i].name);
        out->values[i].value = number_of(&list[i]);
    }
    return STATUS_OK;
}

enum status gpu_pipeline_statistics(struct gpu_device *device, struct gpu_statistics *out,
                                    const struct gpu_pipeline *pipeline) {
    *out = (struct gpu_statistics){0};
    TRY(gpu_ready(device));
    if (!device->compile_only)
        return status_set(STATUS_UNSUPPORTED, "the device %s was not opened for compiling only",
                          device->properties.name);
    if (!device->support.statistics)
        return status_set(STATUS_UNSUPPORTED, "the driver %s has no VK_KHR_pipeline_executable_properties",
                          device->properties.driver);
    TRY(take_subgroup_size(device, out, pipeline));
    return take_values(device, out, pipeline);
}
