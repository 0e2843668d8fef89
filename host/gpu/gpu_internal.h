/* gpu_internal.h: what the files of this room share. Only this room includes it.
 *
 *     instance.c        the loader, instances, the validation layer's messages
 *     properties.c      what a physical device offers
 *     matrices.c        cooperative matrices among it
 *     select.c          the list of devices; the choice of one
 *     device.c          logical device, queue
 *     failure.c         failures of Vulkan calls, lost devices
 *     wait.c            submissions, waiting for them, time-outs
 *     pace.c            how much work a submission may hold
 *     buffer.c          buffers and their memory
 *     transfer.c        copies and fills
 *     slot.c            copies that nobody waits for
 *     pipeline.c        pipelines
 *     pipeline_cache.c  the cache of compiled pipelines on disk
 *     statistics.c      what the driver's compiler says of a pipeline
 *     hazards.c         which dispatches need a barrier between them
 *     recording.c       recordings: dispatches into command buffers
 *     timing.c          time stamps of a recording
 *
 * Every submission ends with a barrier that makes its writes visible to every kind of use after it (shaders,
 * transfers, the host), so that no submission needs to know what ran before.
 */
#ifndef MNSP_GPU_GPU_INTERNAL_H
#define MNSP_GPU_GPU_INTERNAL_H

#include "gpu/gpu.h"

#include <volk.h>

/* ---- instance ---- */

struct gpu_instance {
    VkInstance handle;
    VkDebugUtilsMessengerEXT messenger;
    bool debug_utils;
    uint32_t layer_version; /* of Vulkan, that the validation layer knows; 0: it is not loaded */
    size_t message_count;   /* of the validation layer */
    char first_message[768];
};

extern const char gpu_no_driver[]; /* the sentence for a machine without any */

/* Starts the loader and makes an instance, whose address must not change afterwards. */
MNSP_NODISCARD enum status gpu_instance_create(struct gpu_instance *instance, bool validate);
void gpu_instance_destroy(struct gpu_instance *instance);

/* ---- properties ---- */

/* What opening a device needs to know beyond its public properties. */
struct gpu_support {
    uint32_t queue_family;
    uint32_t timestamp_bits;
    bool subgroup_size_control, subgroup_extension, device_fault, memory_budget, statistics;
    bool matrices, bfloat16; /* the extensions are there; properties->matrix tells whether they can be used */
};

void gpu_properties_query(VkPhysicalDevice physical, struct gpu_properties *properties,
                          struct gpu_support *support);
/* Fills in properties->matrix. */
void gpu_matrices_query(VkPhysicalDevice physical, struct gpu_properties *properties,
                        const struct gpu_support *support);
/* Does without those of a precision, for the reason. */
void gpu_matrices_remove(struct gpu_properties *properties, enum precision precision, const char *reason);
/* All physical devices of an instance; *list is released with free(). */
MNSP_NODISCARD enum status gpu_physical_devices(const struct gpu_instance *instance, VkPhysicalDevice **list,
                                                uint32_t *count);
/* The device that `selector` names, as gpu_device_open says. */
MNSP_NODISCARD enum status gpu_device_select(const struct gpu_instance *instance, const char *selector,
                                             VkPhysicalDevice *physical);

/* ---- device ---- */

struct gpu_pipeline_cache {
    VkPipelineCache handle;
    char *directory, *path; /* NULL: nothing is kept on disk */
    size_t saved_bytes;     /* that the file holds */
    double unsaved_seconds; /* compile time that a crash would lose */
};

/* How much estimated work (struct gpu_dispatch) is handed over at once. Recordings are made of pieces of
 * at most `piece`; as many of them as `budget` allows are submitted together, at least one. The budget
 * follows the time that submissions take: it falls at once where one takes too long, and doubles while
 * full ones are done in no time. */
struct gpu_pace {
    double piece, budget;
    bool fixed;
};
/* For a type of device; `work` replaces what is right for it, unless it is 0. */
struct gpu_pace gpu_pace_start(enum gpu_device_type type, double work);
void gpu_pace_note(struct gpu_pace *pace, double work, double seconds);

enum { GPU_SUBMISSIONS_NOTED = 1024 };

struct gpu_device {
    struct gpu_instance instance;
    bool unmapped, compile_only; /* as in struct gpu_options */
    struct gpu_properties properties;
    struct gpu_support support;
    VkPhysicalDevice physical;
    VkPhysicalDeviceMemoryProperties memory;
    uint64_t heap_used[VK_MAX_MEMORY_HEAPS]; /* by our buffers */
    VkDevice handle;
    struct VolkDeviceTable vk;
    VkQueue queue;

    VkSemaphore timeline; /* counts finished submissions */
    uint64_t submitted;   /* the value that the last submission will signal */
    uint64_t reached;     /* a value that it is known to have */
    struct gpu_counts counts;
    struct gpu_pace pace;
    double works[GPU_SUBMISSIONS_NOTED]; /* of the last submissions, by value */
    uint64_t mark;                       /* the end of this submission, */
    double mark_seconds;                 /* was seen at this time, or nothing was under way then; */
    bool marked;                         /* if this is set */
    bool lost;                           /* a call said so */
    bool hung;      /* a wait timed out: its objects are in use for ever and cannot be destroyed */
    char loss[512]; /* what is known about either */

    VkCommandPool transfer_pool;
    VkCommandBuffer transfer_commands;
    struct gpu_buffer *staging; /* made at the first copy that needs one */

    VkDescriptorSetLayout set_layouts[GPU_MAX_BINDINGS + 1]; /* by number of bindings, made when needed */
    struct gpu_pipeline **pipelines;
    size_t pipeline_count, pipeline_capacity;
    struct gpu_pipeline_cache cache;
};

/* STATUS_OK while the device can be used. */
MNSP_NODISCARD enum status gpu_ready(const struct gpu_device *device);
/* The same for what a device that was opened for compiling only cannot do. */
MNSP_NODISCARD enum status gpu_ready_to_run(const struct gpu_device *device);
/* The failure of a Vulkan call as a status; `what` says what was tried, such as "allocate memory". Notes a
 * lost device and asks it for the reason. */
MNSP_NODISCARD enum status gpu_check(struct gpu_device *device, VkResult result, const char *what);
/* The same where no device exists yet. */
MNSP_NODISCARD enum status gpu_check_result(VkResult result, const char *what);
/* Names an object for debuggers and for the messages of the validation layer. */
void gpu_name_object(const struct gpu_device *device, VkObjectType type, uint64_t handle, const char *name);
/* STATUS_DEVICE if the validation layer has complained. */
MNSP_NODISCARD enum status gpu_validation_check(const struct gpu_device *device);

/* ---- waiting ---- */

/* Submits command buffers; the device's timeline reaches device->submitted at their end. `work` is what is
 * estimated, 0 for copies. */
MNSP_NODISCARD enum status gpu_submit(struct gpu_device *device, const VkCommandBuffer *commands,
                                      size_t count, double work, const char *what);
/* Waits until the timeline has reached `value`. */
MNSP_NODISCARD enum status gpu_wait(struct gpu_device *device, uint64_t value, const char *what);
/* Waits for everything submitted, before objects are destroyed; false for a device that hangs, which never
 * lets go of them. */
bool gpu_settle(struct gpu_device *device);

/* ---- buffers ---- */

struct gpu_buffer {
    struct gpu_device *device;
    VkBuffer handle;
    VkDeviceMemory memory;
    uint32_t heap;
    uint64_t bytes, allocated_bytes;
    unsigned char *mapped; /* NULL when the host cannot see it */
};

/* STATUS_INTERNAL for bytes that the buffer does not have. */
MNSP_NODISCARD enum status gpu_check_span(const struct gpu_buffer *buffer, uint64_t offset, uint64_t bytes);

/* A pool with one command buffer, for copies; it is begun anew each time, and ends with a submission after
 * which everything sees what was copied. */
MNSP_NODISCARD enum status gpu_transfer_commands_create(struct gpu_device *device, VkCommandPool *pool,
                                                        VkCommandBuffer *commands, const char *name);
MNSP_NODISCARD enum status gpu_transfer_begin(struct gpu_device *device, VkCommandPool pool,
                                              VkCommandBuffer commands);
MNSP_NODISCARD enum status gpu_transfer_submit(struct gpu_device *device, VkCommandBuffer commands,
                                               const char *what);

/* ---- pipelines ---- */

struct gpu_pipeline {
    struct gpu_shader shader;
    char *name;
    VkPipelineLayout layout;
    VkPipeline handle;
};

void gpu_pipelines_destroy(struct gpu_device *device);

/* Makes the pipeline cache, from the file of an earlier run where there is a sound one. */
MNSP_NODISCARD enum status gpu_pipeline_cache_open(struct gpu_device *device, const char *directory);
/* Writes it to disk if it has grown. A failure to write is not reported: the cache only saves time. */
void gpu_pipeline_cache_save(struct gpu_device *device);
void gpu_pipeline_cache_close(struct gpu_device *device);

/* ---- hazards ---- */

struct gpu_range {
    const struct gpu_buffer *buffer;
    uint64_t begin, end;
};

/* What the dispatches since the last barrier have read and written. */
struct gpu_hazards {
    struct gpu_range *ranges[2]; /* [0] read, [1] written */
    size_t count[2], capacity[2];
};

/* Whether a dispatch with these bindings must wait for the noted ones. */
bool gpu_hazards_conflict(const struct gpu_hazards *hazards, const struct gpu_binding *bindings,
                          size_t count);
MNSP_NODISCARD enum status gpu_hazards_note(struct gpu_hazards *hazards, const struct gpu_binding *bindings,
                                            size_t count);
void gpu_hazards_clear(struct gpu_hazards *hazards);
void gpu_hazards_free(struct gpu_hazards *hazards);

/* ---- recordings ---- */

struct gpu_descriptor_pool {
    VkDescriptorPool handle;
    uint32_t sets_left, descriptors_left;
};

/* The time stamps around one dispatch: query indices, counted over all query pools. */
struct gpu_interval {
    size_t begin, end; /* equal: nothing was recorded */
    double nanoseconds;
};

struct gpu_timing {
    bool enabled;
    VkQueryPool *pools;
    size_t pool_count, pool_capacity;
    size_t query_count;
    struct gpu_interval *intervals;
    size_t interval_capacity;
};

struct gpu_piece {
    VkCommandBuffer commands;
    double work;
};

struct gpu_recording {
    struct gpu_device *device;
    char *name;
    VkCommandPool pool;
    struct gpu_piece *pieces;
    size_t piece_count, piece_capacity;
    bool open; /* the last piece is being recorded */
    bool finished;
    VkCommandBuffer *batch; /* scratch: pieces that are submitted together */
    struct gpu_descriptor_pool *descriptor_pools;
    size_t descriptor_pool_count, descriptor_pool_capacity;
    struct gpu_hazards hazards;
    struct gpu_timing timing;
    size_t dispatch_count, barrier_count;
};

/* Writes a time stamp into the open command buffer: at its start, and after each dispatch. */
MNSP_NODISCARD enum status gpu_timing_stamp(struct gpu_recording *recording);
/* Notes that dispatch `index` took the time from the stamp `begin` to the last one; none where there is no
 * later one. */
MNSP_NODISCARD enum status gpu_timing_note(struct gpu_recording *recording, size_t index, size_t begin);
/* Reads the time stamps after a run. */
MNSP_NODISCARD enum status gpu_timing_collect(struct gpu_recording *recording);
void gpu_timing_destroy(struct gpu_recording *recording);

#endif
