#include "gpu/matrices.h"
#include "gpu/gpu_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Says why there are none; the first reason counts. */
static bool lacks(struct gpu_properties *p, bool there, const char *reason) {
    if (!there && p->matrix_missing[0] == '\0')
        snprintf(p->matrix_missing, sizeof p->matrix_missing, "%s", reason);
    return !there;
}

/* What a shader needs beside the extension. Rounding to nearest makes the factors of 16 bits those of the
 * definition; the size of subgroups decides what an invocation holds. */
static bool has_what_it_takes(VkPhysicalDevice physical, struct gpu_properties *p,
                              const struct gpu_support *support) {
    VkPhysicalDeviceVulkan12Properties core = {.sType =
                                                   VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &core};
    vkGetPhysicalDeviceProperties2(physical, &properties);
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR};
    VkPhysicalDeviceVulkan12Features core_features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, .pNext = &matrices};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = &core_features};
    vkGetPhysicalDeviceFeatures2(physical, &features);
    const bool size = support->subgroup_size_control && p->subgroup_size >= p->subgroup_min &&
                      p->subgroup_size <= p->subgroup_max;
    return !lacks(p, matrices.cooperativeMatrix, "the driver has the extension, but not its feature") &&
           !lacks(p, core_features.vulkanMemoryModel, "the driver has no Vulkan memory model") &&
           !lacks(p, p->float16, "the driver has no 16-bit floats") &&
           !lacks(p, core.shaderRoundingModeRTEFloat16,
                  "the driver does not promise to round 16-bit floats to nearest") &&
           !lacks(p, size, "the driver cannot be asked for a size of subgroups");
}

/* Fractions of 16 bits to sums of 32, made by a subgroup, in sizes that divide into vectors of four. */
static bool is_usable(const VkCooperativeMatrixPropertiesKHR *one) {
    return one->AType == VK_COMPONENT_TYPE_FLOAT16_KHR && one->BType == VK_COMPONENT_TYPE_FLOAT16_KHR &&
           one->CType == VK_COMPONENT_TYPE_FLOAT32_KHR && one->ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
           one->scope == VK_SCOPE_SUBGROUP_KHR && !one->saturatingAccumulation && one->MSize % 4 == 0 &&
           one->NSize % 4 == 0 && one->KSize % 8 == 0;
}

static uint64_t work_of(const struct gpu_matrix *matrix) {
    return (uint64_t)matrix->m * matrix->n * matrix->k;
}

/* The largest matrix that the device multiplies at once. */
static void choose_size(VkPhysicalDevice physical, struct gpu_properties *p) {
    enum { MOST = 256 };
    const PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR get =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)vkGetInstanceProcAddr(
            volkGetLoadedInstance(), "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    uint32_t count = MOST;
    VkCooperativeMatrixPropertiesKHR *const list = calloc(MOST, sizeof *list);
    for (size_t i = 0; list != NULL && i < MOST; i++)
        list[i].sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
    if (get == NULL || list == NULL || get(physical, &count, list) < VK_SUCCESS)
        count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct gpu_matrix one = {list[i].MSize, list[i].NSize, list[i].KSize};
        if (is_usable(&list[i]) && work_of(&one) > work_of(&p->matrix))
            p->matrix = one;
    }
    free(list);
    (void)lacks(p, p->matrix.m != 0, "the driver has none of 16-bit floats with sums of 32 bits");
}

void gpu_matrices_query(VkPhysicalDevice physical, struct gpu_properties *properties,
                        const struct gpu_support *support) {
    if (lacks(properties, support->matrices, "the driver has no " VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME))
        return;
    if (has_what_it_takes(physical, properties, support))
        choose_size(physical, properties);
}

void gpu_matrices_remove(struct gpu_properties *properties, const char *reason) {
    if (properties->matrix.m == 0)
        return;
    properties->matrix = (struct gpu_matrix){0};
    (void)lacks(properties, false, reason);
}
