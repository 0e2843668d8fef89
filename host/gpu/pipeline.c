#include "gpu/gpu_internal.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const double save_after_seconds = 5; /* of compiling: what a crash may cost */

/* ---- layouts ---- */

static enum status get_set_layout(struct gpu_device *device, uint32_t bindings, VkDescriptorSetLayout *out) {
    if (device->set_layouts[bindings] == VK_NULL_HANDLE) {
        VkDescriptorSetLayoutBinding list[GPU_MAX_BINDINGS];
        for (uint32_t i = 0; i < bindings; i++)
            list[i] = (VkDescriptorSetLayoutBinding){.binding = i,
                                                     .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                                                     .descriptorCount = 1,
                                                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
        const VkDescriptorSetLayoutCreateInfo info = {
            .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
            .bindingCount = bindings,
            .pBindings = list,
        };
        TRY(gpu_check(device,
                      device->vk.vkCreateDescriptorSetLayout(device->handle, &info, NULL,
                                                             &device->set_layouts[bindings]),
                      "create a descriptor layout"));
    }
    *out = device->set_layouts[bindings];
    return STATUS_OK;
}

static enum status create_layout(struct gpu_device *device, struct gpu_pipeline *pipeline) {
    const struct gpu_shader *const shader = &pipeline->shader;
    VkDescriptorSetLayout set_layout;
    TRY(get_set_layout(device, shader->binding_count, &set_layout));
    const VkPushConstantRange push = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                                      .size = shader->push_words * (uint32_t)sizeof(uint32_t)};
    const VkPipelineLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = &set_layout,
        .pushConstantRangeCount = shader->push_words > 0 ? 1 : 0,
        .pPushConstantRanges = &push,
    };
    return gpu_check(device,
                     device->vk.vkCreatePipelineLayout(device->handle, &info, NULL, &pipeline->layout),
                     "create a pipeline layout");
}

/* ---- pipelines ---- */

static enum status check_shader(const struct gpu_device *device, const struct gpu_shader *shader) {
    static const uint32_t spirv_magic = 0x07230203;
    if (shader->binding_count > GPU_MAX_BINDINGS || shader->push_words > GPU_MAX_PUSH_WORDS ||
        shader->constant_count > GPU_MAX_CONSTANTS)
        return status_set(STATUS_INTERNAL,
                          "shader %s: %u bindings, %u words pushed, %u constants; at most "
                          "%d, %d, %d",
                          shader->name, shader->binding_count, shader->push_words, shader->constant_count,
                          GPU_MAX_BINDINGS, GPU_MAX_PUSH_WORDS, GPU_MAX_CONSTANTS);
    if (shader->code_bytes < 20 || shader->code_bytes % 4 != 0 || shader->code[0] != spirv_magic)
        return status_set(STATUS_INTERNAL, "shader %s: its code is no SPIR-V", shader->name);
    const struct gpu_properties *const properties = &device->properties;
    if (shader->subgroup_size != 0 && (shader->subgroup_size < properties->subgroup_min ||
                                       shader->subgroup_size > properties->subgroup_max))
        return status_set(STATUS_UNSUPPORTED, "shader %s needs subgroups of %u; %s gives %u to %u",
                          shader->name, shader->subgroup_size, properties->name, properties->subgroup_min,
                          properties->subgroup_max);
    return STATUS_OK;
}

static enum status compile(struct gpu_device *device, struct gpu_pipeline *pipeline, VkShaderModule module) {
    const struct gpu_shader *const shader = &pipeline->shader;
    VkSpecializationMapEntry entries[GPU_MAX_CONSTANTS];
    for (uint32_t i = 0; i < shader->constant_count; i++)
        entries[i] = (VkSpecializationMapEntry){
            .constantID = i, .offset = i * (uint32_t)sizeof(uint32_t), .size = sizeof(uint32_t)};
    const VkSpecializationInfo constants = {
        .mapEntryCount = shader->constant_count,
        .pMapEntries = entries,
        .dataSize = shader->constant_count * sizeof(uint32_t),
        .pData = shader->constants,
    };
    const VkPipelineShaderStageRequiredSubgroupSizeCreateInfo size = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_REQUIRED_SUBGROUP_SIZE_CREATE_INFO,
        .requiredSubgroupSize = shader->subgroup_size,
    };
    const VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = VK_PIPELINE_CREATE_DISPATCH_BASE_BIT | /* long dispatches are cut */
                 (device->support.statistics ? VK_PIPELINE_CREATE_CAPTURE_STATISTICS_BIT_KHR : 0),
        .stage = {.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                  .pNext = shader->subgroup_size ? &size : NULL,
                  .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                  .module = module,
                  .pName = "main",
                  .pSpecializationInfo = &constants},
        .layout = pipeline->layout,
    };
    return gpu_check(device,
                     device->vk.vkCreateComputePipelines(device->handle, device->cache.handle, 1, &info, NULL,
                                                         &pipeline->handle),
                     "compile it");
}

static enum status build(struct gpu_device *device, struct gpu_pipeline *pipeline) {
    TRY(memory_copy_text(&pipeline->name, pipeline->shader.name));
    pipeline->shader.name = pipeline->name;
    TRY(create_layout(device, pipeline));
    const VkShaderModuleCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = pipeline->shader.code_bytes,
        .pCode = pipeline->shader.code,
    };
    VkShaderModule module;
    TRY(gpu_check(device, device->vk.vkCreateShaderModule(device->handle, &info, NULL, &module), "load it"));
    const double start = clock_seconds();
    const enum status status = compile(device, pipeline, module);
    device->vk.vkDestroyShaderModule(device->handle, module, NULL);
    TRY(status);
    gpu_name_object(device, VK_OBJECT_TYPE_PIPELINE, (uint64_t)pipeline->handle, pipeline->name);
    device->cache.unsaved_seconds += clock_seconds() - start;
    if (device->cache.unsaved_seconds > save_after_seconds)
        gpu_pipeline_cache_save(device);
    return STATUS_OK;
}

static void destroy(struct gpu_device *device, struct gpu_pipeline *pipeline) {
    device->vk.vkDestroyPipeline(device->handle, pipeline->handle, NULL);
    device->vk.vkDestroyPipelineLayout(device->handle, pipeline->layout, NULL);
    free(pipeline->name);
    free(pipeline);
}

static bool same_shader(const struct gpu_shader *a, const struct gpu_shader *b) {
    return a->code_bytes == b->code_bytes && a->binding_count == b->binding_count &&
           a->push_words == b->push_words && a->constant_count == b->constant_count &&
           a->subgroup_size == b->subgroup_size &&
           memcmp(a->constants, b->constants, a->constant_count * sizeof a->constants[0]) == 0 &&
           (a->code == b->code || memcmp(a->code, b->code, a->code_bytes) == 0);
}

enum status gpu_pipeline_get(struct gpu_device *device, struct gpu_pipeline **out,
                             const struct gpu_shader *shader) {
    *out = NULL;
    TRY(gpu_ready(device));
    TRY(check_shader(device, shader));
    for (size_t i = 0; i < device->pipeline_count; i++)
        if (same_shader(&device->pipelines[i]->shader, shader)) {
            *out = device->pipelines[i];
            return STATUS_OK;
        }
    TRY(memory_reserve(&device->pipelines, &device->pipeline_capacity, device->pipeline_count + 1,
                       sizeof(struct gpu_pipeline *)));
    struct gpu_pipeline *pipeline;
    TRY(memory_new(&pipeline, 1, sizeof *pipeline));
    pipeline->shader = *shader;
    const enum status status = build(device, pipeline);
    if (status != STATUS_OK) {
        destroy(device, pipeline);
        return status_context(status, "shader %s", shader->name);
    }
    device->pipelines[device->pipeline_count++] = pipeline;
    *out = pipeline;
    return STATUS_OK;
}

void gpu_pipelines_destroy(struct gpu_device *device) {
    for (size_t i = 0; i < device->pipeline_count; i++)
        destroy(device, device->pipelines[i]);
    free(device->pipelines);
    device->pipelines = NULL;
    device->pipeline_count = device->pipeline_capacity = 0;
}
