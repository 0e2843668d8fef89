/* gpu_fixture.h: what the tests of the gpu room share: opening a device, and a shader to run on it.
 *
 *     struct gpu_device *device = need_device((struct gpu_options){0});
 *     ...
 *     end_device(device);
 *
 * Devices are opened with the validation layer where it is installed; a test is skipped where there is none.
 */
#ifndef MNSP_TESTS_GPU_FIXTURE_H
#define MNSP_TESTS_GPU_FIXTURE_H

#include "statuses.h"

#include "gpu/gpu.h"
#include "shader_mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 1000, BYTES = COUNT * 4 };

static inline enum status open_device(struct gpu_device **device, struct gpu_options options) {
    options.validate = true;
    const enum status status = gpu_device_open(device, NULL, &options);
    if (status != STATUS_UNSUPPORTED)
        return status;
    print_message("without validation: %s\n", status_message());
    options.validate = false;
    return gpu_device_open(device, NULL, &options);
}

/* Opens the device of a test, or skips the test. */
static inline struct gpu_device *need_device(struct gpu_options options) {
    struct gpu_properties *list;
    size_t count;
    const char *why;
    assert_ok(gpu_devices_list(&list, &count, &why));
    free(list);
    if (count == 0) {
        print_message("skipped: %s\n", why);
        skip();
    }
    struct gpu_device *device;
    assert_ok(open_device(&device, options));
    return device;
}

/* Closes it; whatever a test did, the validation layer had nothing to say. */
static inline void end_device(struct gpu_device *device) {
    assert_string_equal(gpu_device_validation_first(device), "");
    assert_int_equal(gpu_device_validation_count(device), 0);
    gpu_device_close(device);
}

static inline struct gpu_shader mix_shader(uint32_t factor) {
    return (struct gpu_shader){.name = "mix",
                               .code = shader_mix,
                               .code_bytes = sizeof shader_mix,
                               .binding_count = 2,
                               .push_words = 2,
                               .constant_count = 2,
                               .constants = {factor, 64}};
}

static inline struct gpu_pipeline *mix_pipeline(struct gpu_device *device, uint32_t factor) {
    struct gpu_pipeline *pipeline;
    const struct gpu_shader shader = mix_shader(factor);
    assert_ok(gpu_pipeline_get(device, &pipeline, &shader));
    return pipeline;
}

/* target = target * factor + (source rotated by shift) */
static inline struct gpu_dispatch mix(struct gpu_pipeline *pipeline, struct gpu_buffer *source,
                                      struct gpu_buffer *target, uint32_t shift) {
    return (struct gpu_dispatch){.pipeline = pipeline,
                                 .bindings = {{source, 0, BYTES, false}, {target, 0, BYTES, true}},
                                 .push = {COUNT, shift},
                                 .groups = {(COUNT + 63) / 64, 1, 1},
                                 .label = "mix"};
}

static inline void host_mix(uint32_t factor, const uint32_t *source, uint32_t *target, uint32_t shift) {
    for (uint32_t i = 0; i < COUNT; i++)
        target[i] = target[i] * factor + source[(i + shift) % COUNT];
}

static inline struct gpu_buffer *filled_buffer(struct gpu_device *device, uint32_t word) {
    struct gpu_buffer *buffer;
    assert_ok(gpu_buffer_create(device, &buffer, BYTES, GPU_MEMORY_DEVICE, "test"));
    assert_ok(gpu_buffer_fill(buffer, 0, BYTES, word));
    return buffer;
}

#endif
