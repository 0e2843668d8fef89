#include "conformance/spoil.h"

#include "conformance_shaders/spoil.spv.h"

/* On a GPU as many as can be there at once, several times. */
enum { GROUPS_ON_CPU = 64, GROUPS_ON_GPU = 4096 };

enum status spoil_record(struct gpu_recording *recording, struct gpu_device *device,
                         struct gpu_buffer **buffer) {
    const struct gpu_properties *const properties = gpu_device_properties(device);
    const uint32_t groups = properties->type == GPU_TYPE_CPU ? GROUPS_ON_CPU : GROUPS_ON_GPU;
    const struct gpu_shader shader = {
        .name = "spoil",
        .code = shader_spoil,
        .code_bytes = sizeof shader_spoil,
        .binding_count = 1,
        .constant_count = 1,
        .constants = {properties->max_shared_bytes / 4},
    };
    struct gpu_dispatch dispatch = {.groups = {groups, 1, 1}, .label = "spoil"};
    TRY(gpu_buffer_create(device, buffer, (uint64_t)groups * 4, GPU_MEMORY_DEVICE, "spoil"));
    TRY(gpu_pipeline_get(device, &dispatch.pipeline, &shader));
    dispatch.bindings[0] =
        (struct gpu_binding){.buffer = *buffer, .bytes = (uint64_t)groups * 4, .written = true};
    return gpu_record_dispatch(recording, &dispatch);
}
