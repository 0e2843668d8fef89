#include "conformance/run.h"

#include "base/memory.h"
#include "conformance/phase.h"
#include "graph/dispatch.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GUARD_BYTES = 4096, /* on each side; a multiple of any storage alignment */
    GUARD_WORDS = GUARD_BYTES / 4,
    RUNS = 2,
};

/* Around inputs NaN, which spoils the result of a read; around outputs a number, so that NaN written there,
 * perhaps computed from such a read, shows. */
#define INPUT_GUARD  0xFFF6A4D5u
#define OUTPUT_GUARD 0x4A1DBEEFu

/* One operator on one device. Tensor t has buffer t; a missing one shares the last. */
struct run {
    const struct application *application;
    struct gpu_device *device;
    struct gpu_buffer *buffers[OPERATOR_MAX_TENSORS + 1];
    struct gpu_recording *recording;
    uint32_t *image; /* of the largest buffer, guards included */
    uint32_t tensors;
};

static const char *tensor_name(const struct run *run, uint32_t t) {
    return operator_info(run->application->id)->arguments[t].name;
}

static bool is_present(const struct run *run, uint32_t t) {
    return (run->application->present & 1u << t) != 0;
}

static uint32_t guard_word(const struct run *run, uint32_t t) {
    return application_writes(run->application, t) ? OUTPUT_GUARD : INPUT_GUARD;
}

static size_t image_words(const struct run *run, uint32_t t) {
    return run->application->elements[t] + 2 * (size_t)GUARD_WORDS;
}

/* ---- setting up ---- */

static enum status create_buffers(struct run *run) {
    size_t largest = 0;
    for (uint32_t t = 0; t < run->tensors; t++) {
        if (!is_present(run, t))
            continue;
        const size_t words = image_words(run, t);
        largest = words > largest ? words : largest;
        TRY(gpu_buffer_create(run->device, &run->buffers[t], words * 4, GPU_MEMORY_DEVICE,
                              tensor_name(run, t)));
    }
    TRY(gpu_buffer_create(run->device, &run->buffers[run->tensors], GUARD_BYTES, GPU_MEMORY_DEVICE,
                          "missing"));
    return memory_new(&run->image, largest, 4);
}

/* The zone after a tensor belongs to its binding: many drivers drop what goes beyond a binding, and would
 * hide a dispatch that does. */
static void bind_tensors(struct gpu_dispatch *dispatch, const struct run *run) {
    for (uint32_t t = 0; t < run->tensors; t++)
        if (is_present(run, t))
            dispatch->bindings[t] = (struct gpu_binding){
                .buffer = run->buffers[t],
                .offset = GUARD_BYTES,
                .bytes = run->application->elements[t] * 4 + GUARD_BYTES,
                .written = application_writes(run->application, t),
            };
        else
            dispatch->bindings[t] =
                (struct gpu_binding){.buffer = run->buffers[run->tensors], .bytes = GUARD_BYTES};
}

static enum status record(struct run *run) {
    const struct operator_info *const info = operator_info(run->application->id);
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    memset(values, 0, sizeof values);
    for (uint32_t i = run->tensors; i < info->argument_count; i++)
        if (info->arguments[i].kind == ARGUMENT_SIZE)
            values[i].size = run->application->values[i].n;
        else
            values[i].real = run->application->values[i].real;

    struct dispatch choice;
    TRY(dispatch_choose(&choice, run->application->id, values, run->application->present,
                        gpu_device_properties(run->device)));
    struct gpu_dispatch dispatch = {.label = info->name, .work = choice.work};
    struct gpu_shader shader = {.name = info->name,
                                .code = choice.shader.code,
                                .code_bytes = choice.shader.bytes,
                                .binding_count = run->tensors,
                                .constant_count = choice.constant_count,
                                .subgroup_size = choice.subgroup_size};
    memcpy(shader.constants, choice.constants, sizeof shader.constants);
    memcpy(dispatch.groups, choice.groups, sizeof dispatch.groups);
    shader.push_words = dispatch_push_words(dispatch.push, run->application->id, values);
    phase_enter(PHASE_COMPILE);
    TRY(gpu_pipeline_get(run->device, &dispatch.pipeline, &shader));
    phase_enter(PHASE_PREPARE);
    bind_tensors(&dispatch, run);
    TRY(gpu_recording_create(run->device, &run->recording, info->name, true));
    TRY(gpu_record_dispatch(run->recording, &dispatch));
    return gpu_recording_finish(run->recording);
}

/* ---- running ---- */

/* Writes guards, inputs and poison. */
static enum status upload(struct run *run, uint32_t poison) {
    const struct application *const application = run->application;
    for (uint32_t t = 0; t < run->tensors; t++) {
        if (!is_present(run, t))
            continue;
        for (size_t i = 0; i < image_words(run, t); i++)
            run->image[i] = guard_word(run, t);
        const float *const content =
            application->before[t] != NULL ? application->before[t] : application->values[t].f;
        uint32_t *const body = run->image + GUARD_WORDS;
        memcpy(body, content, application->elements[t] * 4);
        for (size_t i = 0; application->before[t] != NULL && i < application->elements[t]; i++)
            body[i] = body[i] == POISON ? poison : body[i];
        TRY(gpu_buffer_write(run->buffers[t], 0, run->image, image_words(run, t) * 4));
    }
    return STATUS_OK;
}

/* Remembers the first defect. */
static void report(struct run_result *out, const char *what, const struct run *run, uint32_t t,
                   size_t element, uint32_t found, uint32_t wanted) {
    if (out->defect[0] == '\0')
        snprintf(out->defect, sizeof out->defect, "%s %s at element %td: found word 0x%08X, expected 0x%08X",
                 what, tensor_name(run, t), (ptrdiff_t)element, found, wanted);
}

static void check_guards(struct run_result *out, const struct run *run, uint32_t t) {
    const size_t elements = run->application->elements[t], end = GUARD_WORDS + elements;
    for (size_t i = 0; i < image_words(run, t); i++) {
        const bool inside = i >= GUARD_WORDS && i < end;
        if (!inside && run->image[i] != guard_word(run, t)) {
            report(out, "wrote outside of tensor", run, t, i - GUARD_WORDS, run->image[i],
                   guard_word(run, t));
            return;
        }
    }
}

/* Compares words; in elements that nobody should write, poison of this run stands for that of the first. */
static void check_words(struct run_result *out, const struct run *run, uint32_t t, const void *words,
                        uint32_t poison, const char *what) {
    const uint32_t *const body = run->image + GUARD_WORDS;
    for (size_t i = 0; i < run->application->elements[t]; i++) {
        uint32_t wanted;
        memcpy(&wanted, (const char *)words + i * 4, 4);
        if (body[i] == wanted || (wanted == POISON && body[i] == poison))
            continue;
        report(out, what, run, t, i, body[i], wanted);
        return;
    }
}

static enum status download(struct run_result *out, struct run *run, int number, uint32_t poison) {
    for (uint32_t t = 0; t < run->tensors; t++) {
        if (!is_present(run, t))
            continue;
        const size_t bytes = run->application->elements[t] * 4;
        TRY(gpu_buffer_read(run->buffers[t], 0, run->image, image_words(run, t) * 4));
        check_guards(out, run, t);
        if (!application_writes(run->application, t)) {
            check_words(out, run, t, run->application->values[t].f, poison, "changed the input");
        } else if (number == 0) {
            TRY(memory_new(&out->outputs[t], run->application->elements[t], 4));
            memcpy(out->outputs[t], run->image + GUARD_WORDS, bytes);
        } else {
            check_words(out, run, t, out->outputs[t], poison, "a second run gave other bits in");
        }
    }
    return STATUS_OK;
}

/* Keeps the shortest time of all runs. */
static void take_time(struct run_result *out, const struct run *run) {
    const double seconds = gpu_recording_nanoseconds(run->recording, 0) * 1e-9;
    if (seconds > 0 && (out->device_seconds == 0 || seconds < out->device_seconds))
        out->device_seconds = seconds;
}

static enum status run_all(struct run_result *out, struct run *run) {
    TRY(create_buffers(run));
    TRY(record(run));
    for (int number = 0; number < RUNS; number++) {
        const uint32_t poison = number == 0 ? POISON : SECOND_POISON;
        phase_enter(PHASE_DISPATCH);
        TRY(upload(run, poison));
        TRY(gpu_recording_run(run->recording));
        take_time(out, run);
        TRY(download(out, run, number, poison));
    }
    return STATUS_OK;
}

enum status run_on_device(struct run_result *out, const struct application *application,
                          struct gpu_device *device) {
    *out = (struct run_result){0};
    struct run run = {
        .application = application, .device = device, .tensors = operator_tensor_count(application->id)};
    const enum status status = run_all(out, &run);
    gpu_recording_destroy(run.recording);
    for (uint32_t t = 0; t <= run.tensors; t++)
        gpu_buffer_destroy(run.buffers[t]);
    free(run.image);
    return status;
}

void run_result_destroy(struct run_result *result) {
    for (uint32_t t = 0; t < OPERATOR_MAX_TENSORS; t++)
        free(result->outputs[t]);
}
