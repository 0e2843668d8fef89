/* gpu.h: the only room that knows Vulkan: devices, memory, pipelines, recordings, timings.
 *
 * Use: list the devices or open one; create buffers and fill them; get a pipeline for a shader and its
 * specialisation; record dispatches; submit the recording as often as needed; read buffers back.
 *
 *     struct gpu_device *device;
 *     TRY(gpu_device_open(&device, "0", &(struct gpu_options){0}));
 *     TRY(gpu_buffer_create(device, &buffer, bytes, GPU_MEMORY_DEVICE, "weights"));
 *     TRY(gpu_pipeline_get(device, &pipeline, &(struct gpu_shader){...}));
 *     TRY(gpu_recording_create(device, &recording, "step"));
 *     TRY(gpu_record_dispatch(recording, &(struct gpu_dispatch){...}));
 *     TRY(gpu_recording_finish(recording));
 *     TRY(gpu_recording_run(recording));
 *
 * Caveats: not thread-safe; one thread at a time uses a device and all that was made of it. No Vulkan
 * type appears here, so that no other room can come to depend on one. Objects must be destroyed before
 * their device. After a lost device every call fails with STATUS_DEVICE.
 */
#ifndef MNSP_GPU_GPU_H
#define MNSP_GPU_GPU_H

#include "base/precision.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gpu_device;
struct gpu_buffer;
struct gpu_pipeline;
struct gpu_recording;

/* ---- devices ---- */

struct gpu_options {
    bool validate; /* load the validation layer, synchronisation validation included; its messages are
                      counted, kept, and turn gpu_recording_run into a failure */
    const char *cache_directory; /* for what was compiled and measured; NULL: nothing is kept on disk */
    bool unmapped; /* copy to and from GPU_MEMORY_DEVICE through staging even where it could be mapped, so
                          that a machine without a discrete GPU can test what happens on one */
    /* What a submission holds at first, in the unit of struct gpu_dispatch; 0: what suits the type of the
     * device. Made small, a fast device shows what happens on a slow one. */
    double work_at_once;
    bool compile_only; /* only to make pipelines and to ask for their statistics: works with a driver that
                          has no hardware to run on, such as RADV's null device */
};

enum gpu_device_type {
    GPU_TYPE_OTHER,
    GPU_TYPE_INTEGRATED,
    GPU_TYPE_DISCRETE,
    GPU_TYPE_VIRTUAL,
    GPU_TYPE_CPU
};

/* Cooperative matrices: what the subgroups of a device multiply at once, (m, k) times (k, n), factors of
 * 16-bit floats with sums of 32 bits. Of several sizes that a device offers, the one with the most
 * products, each side at most 32. */
struct gpu_matrix {
    uint32_t m, n, k; /* all 0: it has none */
    char missing[96]; /* why, in words; "" when it has some */
};

/* What a device offers: its name, its limits, and the features that variants ask for. Sizes in bytes. */
struct gpu_properties {
    char name[256];
    char driver[256]; /* such as "llvmpipe Mesa 25.0.7 (LLVM 15.0.6)" */
    uint32_t vendor_id, device_id, driver_version, api_version;
    enum gpu_device_type type;
    uint32_t max_invocations;  /* per workgroup */
    uint32_t max_shared_bytes; /* of a workgroup */
    uint32_t max_push_bytes;
    uint32_t max_groups[3];
    uint64_t max_storage_range; /* of one binding */
    uint64_t max_allocation;
    uint64_t memory_bytes;               /* of the largest device-local heap */
    uint32_t storage_alignment;          /* of a binding's offset */
    uint32_t subgroup_size;              /* unless a shader requires another */
    uint32_t subgroup_min, subgroup_max; /* what a shader can require; 0 and 0 when it cannot */
    bool subgroup_quad;                  /* quad operations in compute shaders, subgroups of 4 or more */
    bool subgroup_arithmetic, int64, float16, storage16, timestamps;
    double timestamp_period;                   /* nanoseconds per tick */
    struct gpu_matrix matrix[PRECISION_COUNT]; /* by the precision of the factors; of f32 there are none */
    char missing[256]; /* what it lacks of the floor, in words; "" when it is usable */
};

/* All devices of this machine, usable or not. *list is released with free(). No loader or no driver gives
 * a count of 0, not an error, and a sentence in *why (never NULL) that says what was missing. */
MNSP_NODISCARD enum status gpu_devices_list(struct gpu_properties **list, size_t *count, const char **why);

/* The index of the device that gpu_device_open() would take from this list; `count` when it names none. */
size_t gpu_devices_choose(const struct gpu_properties *list, size_t count, const char *selector);

/* Opens a device by its index in gpu_devices_list or by a part of its name, ignoring case; NULL or ""
 * takes the best one: discrete, integrated, virtual, then CPU. Errors: STATUS_USAGE no such device (the
 * message lists those there are), STATUS_UNSUPPORTED below the floor (says what is missing),
 * STATUS_DEVICE. */
MNSP_NODISCARD enum status gpu_device_open(struct gpu_device **out, const char *selector,
                                           const struct gpu_options *options);
void gpu_device_close(struct gpu_device *device);
const struct gpu_properties *gpu_device_properties(const struct gpu_device *device);
/* Where the device's caches are kept, as it was opened with; NULL: nowhere. */
const char *gpu_device_cache_directory(const struct gpu_device *device);

/* Whether the device was lost or hangs: everything but closing it fails from now on. */
bool gpu_device_is_lost(const struct gpu_device *device);

/* Messages of the validation layer since the device was opened, and the first of them ("" if none). */
size_t gpu_device_validation_count(const struct gpu_device *device);
const char *gpu_device_validation_first(const struct gpu_device *device);

/* ---- memory ---- */

enum gpu_memory {
    GPU_MEMORY_DEVICE, /* in the device's own memory; may or may not be mappable */
    GPU_MEMORY_HOST,   /* coherent host memory that the device reads and writes: small, per-step data */
};

/* A buffer for storage and transfers, `bytes` long (0 is made 4). Errors: STATUS_MEMORY when the host or
 * the device has not enough, with the figures; STATUS_UNSUPPORTED above max_allocation. */
MNSP_NODISCARD enum status gpu_buffer_create(struct gpu_device *device, struct gpu_buffer **out,
                                             uint64_t bytes, enum gpu_memory memory, const char *name);
void gpu_buffer_destroy(struct gpu_buffer *buffer);
uint64_t gpu_buffer_bytes(const struct gpu_buffer *buffer);

/* Bytes of the device's own memory that are free now, as far as the driver tells. */
uint64_t gpu_device_room(const struct gpu_device *device);

/* Copies between host memory and a buffer; waits for all that was started, and returns when the copy is
 * done. */
MNSP_NODISCARD enum status gpu_buffer_write(struct gpu_buffer *buffer, uint64_t offset, const void *data,
                                            uint64_t bytes);
MNSP_NODISCARD enum status gpu_buffer_read(struct gpu_buffer *buffer, uint64_t offset, void *data,
                                           uint64_t bytes);
/* Sets bytes [offset, offset + bytes) to the repeated word; both multiples of 4. */
MNSP_NODISCARD enum status gpu_buffer_fill(struct gpu_buffer *buffer, uint64_t offset, uint64_t bytes,
                                           uint32_t word);

/* ---- copies that nobody waits for ---- */

/* Host memory with copies of its own between it and buffers, which take their turn among what is started.
 * With two slots the host fills one while the other is on its way:
 *
 *     TRY(gpu_slot_take(slots[i], &memory));         waits until the last copy of this slot has ended
 *     memcpy(memory, images, bytes);
 *     TRY(gpu_slot_upload(slots[i], &(struct gpu_copy){.buffer = inputs, .bytes = bytes}, 1));
 *     TRY(gpu_recording_start(step));
 */
struct gpu_slot;
struct gpu_copy {
    struct gpu_buffer *buffer;
    uint64_t offset, slot_offset, bytes;
};
MNSP_NODISCARD enum status gpu_slot_create(struct gpu_device *device, struct gpu_slot **out, uint64_t bytes,
                                           const char *name);
void gpu_slot_destroy(struct gpu_slot *slot);
/* The slot's memory, for the host until the next copy. */
MNSP_NODISCARD enum status gpu_slot_take(struct gpu_slot *slot, void **memory);
/* From the slot to the buffers, and back. */
MNSP_NODISCARD enum status gpu_slot_upload(struct gpu_slot *slot, const struct gpu_copy *copies,
                                           size_t count);
MNSP_NODISCARD enum status gpu_slot_download(struct gpu_slot *slot, const struct gpu_copy *copies,
                                             size_t count);

/* ---- pipelines ---- */

enum { GPU_MAX_CONSTANTS = 20, GPU_MAX_BINDINGS = 16, GPU_MAX_PUSH_WORDS = 32 };

/* A shader with values for its specialisation constants 0 .. constant_count - 1. */
struct gpu_shader {
    const char *name;     /* for messages, profiles and debug names */
    const uint32_t *code; /* SPIR-V, entry point "main"; must outlive the device */
    size_t code_bytes;
    uint32_t binding_count; /* storage buffers in set 0, bindings 0 .. count - 1 */
    uint32_t push_words;
    uint32_t constant_count;
    uint32_t constants[GPU_MAX_CONSTANTS];
    uint32_t subgroup_size; /* required, 0 for any */
};

/* The pipeline for a shader; the same code and constants give the same pipeline, owned by the device. */
MNSP_NODISCARD enum status gpu_pipeline_get(struct gpu_device *device, struct gpu_pipeline **out,
                                            const struct gpu_shader *shader);

/* What the driver's compiler says of a pipeline, in the driver's own words: registers, spills, code size. */
enum { GPU_MAX_STATISTICS = 48, GPU_STATISTIC_NAME = 64 };
struct gpu_statistics {
    uint32_t subgroup_size; /* that it was compiled for */
    uint32_t count;
    struct gpu_statistic {
        char name[GPU_STATISTIC_NAME];
        double value;
    } values[GPU_MAX_STATISTICS];
};

/* Of a pipeline of a device that was opened for compiling only. Errors: STATUS_UNSUPPORTED when the device
 * was opened otherwise, or its driver tells nothing (VK_KHR_pipeline_executable_properties). */
MNSP_NODISCARD enum status gpu_pipeline_statistics(struct gpu_device *device, struct gpu_statistics *out,
                                                   const struct gpu_pipeline *pipeline);

/* ---- recording and running ---- */

struct gpu_binding {
    struct gpu_buffer *buffer;
    uint64_t offset, bytes; /* offset a multiple of storage_alignment; bytes at most max_storage_range */
    bool written;           /* by the dispatch; a binding that is read and written is `written` too */
};

struct gpu_dispatch {
    struct gpu_pipeline *pipeline;
    struct gpu_binding bindings[GPU_MAX_BINDINGS]; /* binding_count of the shader */
    uint32_t push[GPU_MAX_PUSH_WORDS];             /* push_words of the shader */
    uint32_t groups[3];                            /* any of them 0: nothing is recorded */
    const char *label;                             /* for profiles and debug labels, such as a node's name */
    double work;                                   /* estimated floating-point operations or bytes moved */
};

/* A recording of dispatches in order. Barriers are placed by it, where a dispatch touches a range that an
 * earlier one wrote, or writes one that an earlier one touched; nowhere else. The recording is split into
 * several submissions where the estimated work exceeds what the device should take at once, by its type
 * and by the time that earlier submissions took; so is a dispatch that exceeds it alone, by its
 * workgroups. The end of a submission waits for its dispatches, so that what it has written can be used
 * anywhere. Buffers must outlive the recording. */
MNSP_NODISCARD enum status gpu_recording_create(struct gpu_device *device, struct gpu_recording **out,
                                                const char *name, bool timed);
MNSP_NODISCARD enum status gpu_record_dispatch(struct gpu_recording *recording,
                                               const struct gpu_dispatch *dispatch);
MNSP_NODISCARD enum status gpu_recording_finish(struct gpu_recording *recording);
/* Runs a finished recording and waits for its end; may be called any number of times. Errors:
 * STATUS_DEVICE lost device (with what VK_EXT_device_fault tells, where there is one), time-out, or a
 * message of the validation layer. */
MNSP_NODISCARD enum status gpu_recording_run(struct gpu_recording *recording);
/* Hands a finished recording to the device, behind all that was started before, and returns at once. What
 * it finds wrong shows at the next wait. Time stamps are those of gpu_recording_run(). */
MNSP_NODISCARD enum status gpu_recording_start(struct gpu_recording *recording);
/* Waits for all that was started. */
MNSP_NODISCARD enum status gpu_device_finish(struct gpu_device *device);

/* What the host asked of a device since it was opened. A wait is for the end of a submission that was not
 * known yet; one for the last submission leaves the device without work until the host comes with more. */
struct gpu_counts {
    uint64_t submissions, waits, waits_for_all;
};
struct gpu_counts gpu_device_counts(const struct gpu_device *device);

void gpu_recording_destroy(struct gpu_recording *recording);

/* Of a timed recording after a run: nanoseconds of dispatch `index` (in recording order, those with no
 * groups counted), 0 where the device has no timestamps. Dispatches may overlap; what is given is the time
 * from the end of all earlier dispatches to the end of this one, so that the times add up to the whole. */
double gpu_recording_nanoseconds(const struct gpu_recording *recording, size_t index);
size_t gpu_recording_count(const struct gpu_recording *recording);       /* dispatches */
size_t gpu_recording_barriers(const struct gpu_recording *recording);    /* between dispatches */
size_t gpu_recording_submissions(const struct gpu_recording *recording); /* of the next run */

#endif
