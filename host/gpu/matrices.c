#include "gpu/matrices.h"
#include "gpu/gpu_internal.h"

#include <stdio.h>
#include <stdlib.h>

/* What a driver says of its matrices. */
struct offer {
    bool matrices, bfloat16; /* the features, not only the extensions */
    bool memory_model, nearest_f16, size_control;
    VkCooperativeMatrixPropertiesKHR *list;
    uint32_t count;
};

/* Says why there are none; the first reason counts. */
static bool lacks(struct gpu_matrix *matrix, bool there, const char *reason) {
    if (!there && matrix->missing[0] == '\0')
        snprintf(matrix->missing, sizeof matrix->missing, "%s", reason);
    return !there;
}

/* ---- asking ---- */

static void query_features(struct offer *offer, VkPhysicalDevice physical,
                           const struct gpu_support *support) {
    VkPhysicalDeviceVulkan12Properties core = {.sType =
                                                   VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
                                              .pNext = &core};
    vkGetPhysicalDeviceProperties2(physical, &properties);
    VkPhysicalDeviceShaderBfloat16FeaturesKHR bfloat16 = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SHADER_BFLOAT16_FEATURES_KHR};
    VkPhysicalDeviceCooperativeMatrixFeaturesKHR matrices = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_KHR,
        .pNext = support->bfloat16 ? &bfloat16 : NULL};
    VkPhysicalDeviceVulkan12Features core_features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES, .pNext = &matrices};
    VkPhysicalDeviceFeatures2 features = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2,
                                          .pNext = &core_features};
    vkGetPhysicalDeviceFeatures2(physical, &features);
    offer->matrices = matrices.cooperativeMatrix;
    offer->bfloat16 = bfloat16.shaderBFloat16Type && bfloat16.shaderBFloat16CooperativeMatrix;
    offer->memory_model = core_features.vulkanMemoryModel;
    offer->nearest_f16 = core.shaderRoundingModeRTEFloat16;
}

static void query_list(struct offer *offer, VkPhysicalDevice physical) {
    enum { MOST = 256 };
    const PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR get =
        (PFN_vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR)vkGetInstanceProcAddr(
            volkGetLoadedInstance(), "vkGetPhysicalDeviceCooperativeMatrixPropertiesKHR");
    offer->count = MOST;
    offer->list = calloc(MOST, sizeof *offer->list);
    for (size_t i = 0; offer->list != NULL && i < MOST; i++)
        offer->list[i].sType = VK_STRUCTURE_TYPE_COOPERATIVE_MATRIX_PROPERTIES_KHR;
    if (get == NULL || offer->list == NULL || get(physical, &offer->count, offer->list) < VK_SUCCESS)
        offer->count = 0;
}

/* ---- choosing ---- */

/* What the shader needs beside the extensions. Rounding to nearest makes the factors in f16 those of the
 * definition (bf16 is rounded by integer arithmetic); the size of subgroups decides what an invocation
 * holds. */
static bool has_what_it_takes(struct gpu_matrix *matrix, enum precision precision, const struct offer *offer,
                              const struct gpu_properties *p, const struct gpu_support *support) {
    if (lacks(matrix, support->matrices, "the driver has no " VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME) ||
        lacks(matrix, offer->matrices, "the driver has the extension, but not its feature") ||
        lacks(matrix, offer->memory_model, "the driver has no Vulkan memory model") ||
        lacks(matrix, offer->size_control, "the driver cannot be asked for a size of subgroups"))
        return false;
    if (precision == PRECISION_BF16)
        return !lacks(matrix, support->bfloat16,
                      "the driver has no " VK_KHR_SHADER_BFLOAT16_EXTENSION_NAME) &&
               !lacks(matrix, offer->bfloat16, "the driver has bfloat16, but no matrices of it");
    return !lacks(matrix, p->float16, "the driver has no 16-bit floats") &&
           !lacks(matrix, offer->nearest_f16,
                  "the driver does not promise to round 16-bit floats to nearest");
}

/* Factors of the type with sums of 32 bits, made by a subgroup. */
static bool is_wanted(const VkCooperativeMatrixPropertiesKHR *one, VkComponentTypeKHR factors) {
    return one->AType == factors && one->BType == factors && one->CType == VK_COMPONENT_TYPE_FLOAT32_KHR &&
           one->ResultType == VK_COMPONENT_TYPE_FLOAT32_KHR && one->scope == VK_SCOPE_SUBGROUP_KHR &&
           !one->saturatingAccumulation;
}

/* A size that divides into vectors of four, and lines of 16 bytes along k. */
static bool divides(const VkCooperativeMatrixPropertiesKHR *one) {
    return one->MSize % 4 == 0 && one->NSize % 4 == 0 && one->KSize % 8 == 0;
}

/* Sums go through shared memory, a matrix at a time for each subgroup, beside factors that grow with its
 * edges. */
static bool is_small_enough(const VkCooperativeMatrixPropertiesKHR *one) {
    enum { LONGEST = 32 };
    return one->MSize <= LONGEST && one->NSize <= LONGEST && one->KSize <= LONGEST;
}

static uint64_t work_of(const struct gpu_matrix *matrix) {
    return (uint64_t)matrix->m * matrix->n * matrix->k;
}

/* Of several sizes the one with the most products, which takes the fewest instructions; of equal ones the
 * first. */
void gpu_matrices_choose(struct gpu_matrix *matrix, enum precision precision,
                         const VkCooperativeMatrixPropertiesKHR *list, uint32_t count) {
    const bool bf16 = precision == PRECISION_BF16;
    const VkComponentTypeKHR factors = bf16 ? VK_COMPONENT_TYPE_BFLOAT16_KHR : VK_COMPONENT_TYPE_FLOAT16_KHR;
    bool any = false, any_divides = false;
    for (uint32_t i = 0; i < count; i++) {
        const VkCooperativeMatrixPropertiesKHR *const one = &list[i];
        const struct gpu_matrix size = {one->MSize, one->NSize, one->KSize, ""};
        any |= is_wanted(one, factors);
        any_divides |= is_wanted(one, factors) && divides(one);
        if (is_wanted(one, factors) && divides(one) && is_small_enough(one) &&
            work_of(&size) > work_of(matrix))
            *matrix = size;
    }
    (void)lacks(matrix, any,
                bf16 ? "the driver multiplies none of bf16 with sums of f32 by subgroups"
                     : "the driver multiplies none of f16 with sums of f32 by subgroups");
    (void)lacks(matrix, any_divides, "those of the driver are not multiples of 4 x 4 x 8");
    (void)lacks(matrix, matrix->m != 0, "those of the driver are larger than 32 x 32 x 32");
}

void gpu_matrices_query(VkPhysicalDevice physical, struct gpu_properties *properties,
                        const struct gpu_support *support) {
    struct offer offer = {.size_control = support->subgroup_size_control &&
                                          properties->subgroup_size >= properties->subgroup_min &&
                                          properties->subgroup_size <= properties->subgroup_max};
    if (support->matrices) {
        query_features(&offer, physical, support);
        query_list(&offer, physical);
    }
    for (enum precision precision = PRECISION_F16; precision < PRECISION_COUNT; precision++) {
        struct gpu_matrix *const matrix = &properties->matrix[precision];
        if (has_what_it_takes(matrix, precision, &offer, properties, support))
            gpu_matrices_choose(matrix, precision, offer.list, offer.count);
    }
    free(offer.list);
}

void gpu_matrices_remove(struct gpu_properties *properties, enum precision precision, const char *reason) {
    struct gpu_matrix *const matrix = &properties->matrix[precision];
    if (matrix->m == 0)
        return;
    *matrix = (struct gpu_matrix){0};
    (void)lacks(matrix, false, reason);
}
