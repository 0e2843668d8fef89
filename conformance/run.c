#include "conformance/run.h"

#include "base/memory.h"
#include "base/precision.h"
#include "conformance/phase.h"
#include "conformance/spoil.h"

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
    struct gpu_buffer *spoiled;
    struct gpu_recording *recordings[RUNS];
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

/* Where the tensors begin in run `number`: on the second as badly aligned as may be. */
static size_t first_word(const struct run *run, int number) {
    const uint32_t alignment = gpu_device_properties(run->device)->storage_alignment;
    return GUARD_WORDS + (number == 0 ? 0 : (alignment + 3) / 4);
}

/* Those of a tensor: one of 16 bits has rows of whole words. */
static size_t body_words(const struct run *run, uint32_t t) {
    const size_t elements = run->application->elements[t];
    return application_format(run->application, t) == PRECISION_F32 ? elements : elements / 2;
}

static size_t image_words(const struct run *run, uint32_t t) {
    return first_word(run, 1) + body_words(run, t) + GUARD_WORDS;
}

/* ---- elements in an image ---- */

/* Poison of 16 bits is the upper half of that word. */
static void put_element(const struct run *run, uint32_t t, uint32_t *body, size_t i, uint32_t word,
                        uint32_t poison) {
    const enum precision format = application_format(run->application, t);
    if (format == PRECISION_F32) {
        body[i] = word == POISON ? poison : word;
        return;
    }
    float value;
    memcpy(&value, &word, sizeof value);
    const uint16_t narrow = word == POISON ? (uint16_t)(poison >> 16) : precision_narrow(value, format);
    memcpy((char *)body + i * sizeof narrow, &narrow, sizeof narrow);
}

/* The element as a word of 32 bits; poison of 16 bits, which is a NaN, as POISON. */
static uint32_t get_element(const struct run *run, uint32_t t, const uint32_t *body, size_t i) {
    const enum precision format = application_format(run->application, t);
    if (format == PRECISION_F32)
        return body[i];
    uint16_t narrow;
    memcpy(&narrow, (const char *)body + i * sizeof narrow, sizeof narrow);
    const float value = precision_widen(narrow, format);
    uint32_t word;
    memcpy(&word, &value, sizeof word);
    return narrow == POISON >> 16 ? POISON : word;
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
static void bind_tensors(struct gpu_dispatch *dispatch, const struct run *run, int number) {
    for (uint32_t t = 0; t < run->tensors; t++)
        if (is_present(run, t))
            dispatch->bindings[t] = (struct gpu_binding){
                .buffer = run->buffers[t],
                .offset = first_word(run, number) * 4,
                .bytes = body_words(run, t) * 4 + GUARD_BYTES,
                .written = application_writes(run->application, t),
            };
        else
            dispatch->bindings[t] =
                (struct gpu_binding){.buffer = run->buffers[run->tensors], .bytes = GUARD_BYTES};
}

enum status run_choose(struct gpu_dispatch *dispatch, struct gpu_shader *shader,
                       const struct application *application, const struct run_options *options) {
    const enum operator_id id = application->id;
    union operator_value values[OPERATOR_MAX_ARGUMENTS];
    application_numbers(values, application);
    struct dispatch choice;
    TRY(variant_dispatch(&choice, &options->variant, id, values, application->stored,
                         gpu_device_properties(options->device)));
    if (options->shaders != NULL)
        choice.shader = options->shaders[choice.variant];
    *dispatch = (struct gpu_dispatch){.label = operator_info(id)->name, .work = choice.work};
    *shader = dispatch_shader(&choice, id);
    memcpy(dispatch->groups, choice.groups, sizeof dispatch->groups);
    dispatch_push_words(dispatch->push, id, values);
    return STATUS_OK;
}

static enum status record(struct run *run, const struct run_options *options) {
    struct gpu_dispatch dispatch;
    struct gpu_shader shader;
    TRY(run_choose(&dispatch, &shader, run->application, options));
    phase_enter(PHASE_COMPILE);
    TRY(gpu_pipeline_get(run->device, &dispatch.pipeline, &shader));
    phase_enter(PHASE_PREPARE);
    for (int number = 0; number < RUNS; number++) {
        struct gpu_recording **const recording = &run->recordings[number];
        TRY(gpu_recording_create(run->device, recording, shader.name, true));
        if (number != 0)
            TRY(spoil_record(*recording, run->device, &run->spoiled));
        bind_tensors(&dispatch, run, number);
        TRY(gpu_record_dispatch(*recording, &dispatch));
        TRY(gpu_recording_finish(*recording));
    }
    return STATUS_OK;
}

/* ---- running ---- */

/* Writes guards, inputs and poison. */
static enum status upload(struct run *run, int number, uint32_t poison) {
    const struct application *const application = run->application;
    for (uint32_t t = 0; t < run->tensors; t++) {
        if (!is_present(run, t))
            continue;
        for (size_t i = 0; i < image_words(run, t); i++)
            run->image[i] = guard_word(run, t);
        const float *const content =
            application->before[t] != NULL ? application->before[t] : application->values[t].f;
        uint32_t *const body = run->image + first_word(run, number);
        for (size_t i = 0; i < application->elements[t]; i++) {
            uint32_t word;
            memcpy(&word, &content[i], sizeof word);
            put_element(run, t, body, i, word, application->before[t] != NULL ? poison : POISON);
        }
        TRY(gpu_buffer_write(run->buffers[t], 0, run->image, image_words(run, t) * 4));
    }
    return STATUS_OK;
}

/* Remembers the first defect. */
static void report(struct run_result *out, const char *what, const struct run *run, uint32_t t,
                   ptrdiff_t element, uint32_t found, uint32_t wanted) {
    if (out->defect[0] == '\0')
        snprintf(out->defect, sizeof out->defect, "%s %s at element %td: found word 0x%08X, expected 0x%08X",
                 what, tensor_name(run, t), element, found, wanted);
}

static void check_guards(struct run_result *out, const struct run *run, int number, uint32_t t) {
    const size_t first = first_word(run, number), end = first + body_words(run, t);
    for (size_t i = 0; i < image_words(run, t); i++) {
        const bool inside = i >= first && i < end;
        if (!inside && run->image[i] != guard_word(run, t)) {
            report(out, "wrote outside of tensor", run, t, (ptrdiff_t)i - (ptrdiff_t)first, run->image[i],
                   guard_word(run, t));
            return;
        }
    }
}

/* Compares words; in elements that nobody should write, poison of this run stands for that of the first. */
static void check_words(struct run_result *out, const struct run *run, int number, uint32_t t,
                        const void *words, uint32_t poison, const char *what) {
    const uint32_t *const body = run->image + first_word(run, number);
    for (size_t i = 0; i < run->application->elements[t]; i++) {
        uint32_t wanted, expected[1] = {0};
        memcpy(&wanted, (const char *)words + i * 4, 4);
        put_element(run, t, expected, 0, wanted, poison);
        const uint32_t found = get_element(run, t, body, i);
        if (found == wanted || found == get_element(run, t, expected, 0))
            continue;
        report(out, what, run, t, (ptrdiff_t)i, found, wanted);
        return;
    }
}

static enum status download(struct run_result *out, struct run *run, int number, uint32_t poison) {
    for (uint32_t t = 0; t < run->tensors; t++) {
        if (!is_present(run, t))
            continue;
        TRY(gpu_buffer_read(run->buffers[t], 0, run->image, image_words(run, t) * 4));
        check_guards(out, run, number, t);
        if (!application_writes(run->application, t)) {
            check_words(out, run, number, t, run->application->values[t].f, poison, "changed the input");
        } else if (number == 0) {
            TRY(memory_new(&out->outputs[t], run->application->elements[t], 4));
            for (size_t i = 0; i < run->application->elements[t]; i++) {
                const uint32_t word = get_element(run, t, run->image + first_word(run, number), i);
                memcpy(&out->outputs[t][i], &word, sizeof word);
            }
        } else {
            check_words(out, run, number, t, out->outputs[t], poison, "a second run gave other bits in");
        }
    }
    return STATUS_OK;
}

/* Keeps the shortest time of all runs; the tested dispatch is the last of its recording. */
static void take_time(struct run_result *out, const struct gpu_recording *recording) {
    const size_t last = gpu_recording_count(recording) - 1;
    const double seconds = gpu_recording_nanoseconds(recording, last) * 1e-9;
    if (seconds > 0 && (out->device_seconds == 0 || seconds < out->device_seconds))
        out->device_seconds = seconds;
}

static enum status run_all(struct run_result *out, struct run *run, const struct run_options *options) {
    TRY(create_buffers(run));
    TRY(record(run, options));
    for (int number = 0; number < RUNS; number++) {
        const uint32_t poison = number == 0 ? POISON : SECOND_POISON;
        phase_enter(PHASE_DISPATCH);
        TRY(upload(run, number, poison));
        TRY(gpu_recording_run(run->recordings[number]));
        take_time(out, run->recordings[number]);
        TRY(download(out, run, number, poison));
    }
    return STATUS_OK;
}

enum status run_on_device(struct run_result *out, const struct application *application,
                          const struct run_options *options) {
    *out = (struct run_result){0};
    struct run run = {.application = application,
                      .device = options->device,
                      .tensors = operator_tensor_count(application->id)};
    const enum status status = run_all(out, &run, options);
    for (int number = 0; number < RUNS; number++)
        gpu_recording_destroy(run.recordings[number]);
    for (uint32_t t = 0; t <= run.tensors; t++)
        gpu_buffer_destroy(run.buffers[t]);
    gpu_buffer_destroy(run.spoiled);
    free(run.image);
    return status;
}

void run_result_destroy(struct run_result *result) {
    for (uint32_t t = 0; t < OPERATOR_MAX_TENSORS; t++)
        free(result->outputs[t]);
}
