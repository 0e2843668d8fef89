#include "conformance/limits.h"

#include "base/memory.h"
#include "conformance/inputs.h"
#include "graph/dispatch.h"
#include "graph/operator_index.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PERIOD =
        251, /* rows of the table that is repeated; a prime, so that no offset in bytes looks like another */
    PICKS = 4099,
    CHUNK = 1 << 22, /* words read back at once */
    GUARD_WORDS = 1024,
};

static const uint32_t guard = 0x4A1DBEEFu;

struct range {
    struct gpu_device *device;
    size_t words;
    struct gpu_buffer *table, *all, *index, *picked;
    uint32_t values[PERIOD], indices[PICKS];
    uint32_t *chunk;
};

/* As many words as may be bound, fit an allocation with a guard behind, and leave half of the memory. */
static size_t range_words(const struct gpu_properties *device) {
    uint64_t bytes = device->max_storage_range;
    const uint64_t most = device->max_allocation - GUARD_WORDS * 4;
    bytes = bytes < most ? bytes : most;
    bytes = bytes < device->memory_bytes / 2 ? bytes : device->memory_bytes / 2;
    const uint64_t words = bytes / 4;
    return words < UINT32_MAX ? (size_t)words : UINT32_MAX;
}

static enum status create(struct range *range, uint64_t seed) {
    struct philox random = philox_start(seed, PHILOX_STREAM_TEST, 0, 0);
    range->words = range_words(gpu_device_properties(range->device));
    inputs_words(range->values, PERIOD, &random);
    inputs_indices(range->indices, PICKS, (uint32_t)range->words, &random);
    range->indices[0] = (uint32_t)range->words - 1;
    TRY(memory_new(&range->chunk, CHUNK, 4));
    TRY(gpu_buffer_create(range->device, &range->table, sizeof range->values, GPU_MEMORY_DEVICE, "table"));
    TRY(gpu_buffer_create(range->device, &range->all, ((uint64_t)range->words + GUARD_WORDS) * 4,
                          GPU_MEMORY_DEVICE, "range"));
    TRY(gpu_buffer_create(range->device, &range->index, sizeof range->indices, GPU_MEMORY_DEVICE, "index"));
    TRY(gpu_buffer_create(range->device, &range->picked, PICKS * 4, GPU_MEMORY_DEVICE, "picked"));
    TRY(gpu_buffer_write(range->table, 0, range->values, sizeof range->values));
    TRY(gpu_buffer_write(range->index, 0, range->indices, sizeof range->indices));
    return gpu_buffer_fill(range->all, (uint64_t)range->words * 4, GUARD_WORDS * 4, guard);
}

static void destroy(struct range *range) {
    gpu_buffer_destroy(range->table);
    gpu_buffer_destroy(range->all);
    gpu_buffer_destroy(range->index);
    gpu_buffer_destroy(range->picked);
    free(range->chunk);
}

/* Runs an operator; the first binding is written. */
static enum status apply(struct range *range, enum operator_id id, const union operator_value *values,
                         const struct gpu_binding *bindings, uint32_t binding_count) {
    struct dispatch choice;
    uint32_t stored = 0;
    for (uint32_t i = 0; i < binding_count; i++)
        stored |= dispatch_stored_as(i, PRECISION_F32);
    TRY(dispatch_choose(&choice, id, values, stored, gpu_device_properties(range->device)));
    struct gpu_dispatch dispatch = {.label = operator_info(id)->name, .work = choice.work};
    struct gpu_shader shader = {.name = operator_info(id)->name,
                                .code = choice.shader.code,
                                .code_bytes = choice.shader.bytes,
                                .binding_count = binding_count,
                                .constant_count = choice.constant_count,
                                .subgroup_size = choice.subgroup_size};
    memcpy(shader.constants, choice.constants, sizeof shader.constants);
    memcpy(dispatch.groups, choice.groups, sizeof dispatch.groups);
    memcpy(dispatch.bindings, bindings, binding_count * sizeof bindings[0]);
    shader.push_words = dispatch_push_words(dispatch.push, id, values);
    phase_enter(PHASE_COMPILE);
    TRY(gpu_pipeline_get(range->device, &dispatch.pipeline, &shader));
    phase_enter(PHASE_DISPATCH);
    struct gpu_recording *recording;
    TRY(gpu_recording_create(range->device, &recording, shader.name, false));
    enum status status = gpu_record_dispatch(recording, &dispatch);
    if (status == STATUS_OK)
        status = gpu_recording_finish(recording);
    if (status == STATUS_OK)
        status = gpu_recording_run(recording);
    gpu_recording_destroy(recording);
    return status;
}

static enum status write_all(struct range *range) {
    union operator_value values[OPERATOR_MAX_ARGUMENTS] = {0};
    values[ARGUMENT_INDEX(broadcast_rows, rows)].size = range->words;
    values[ARGUMENT_INDEX(broadcast_rows, width)].size = 1;
    values[ARGUMENT_INDEX(broadcast_rows, period)].size = PERIOD;
    const struct gpu_binding bindings[] = {
        {.buffer = range->all, .bytes = (uint64_t)range->words * 4, .written = true},
        {.buffer = range->table, .bytes = sizeof range->values},
    };
    return apply(range, OPERATOR_broadcast_rows, values, bindings, 2);
}

static enum status pick(struct range *range) {
    union operator_value values[OPERATOR_MAX_ARGUMENTS] = {0};
    values[ARGUMENT_INDEX(gather_rows, batch)].size = 1;
    values[ARGUMENT_INDEX(gather_rows, rows)].size = range->words;
    values[ARGUMENT_INDEX(gather_rows, count)].size = PICKS;
    values[ARGUMENT_INDEX(gather_rows, width)].size = 1;
    const struct gpu_binding bindings[] = {
        {.buffer = range->picked, .bytes = PICKS * 4, .written = true},
        {.buffer = range->all, .bytes = (uint64_t)range->words * 4},
        {.buffer = range->index, .bytes = sizeof range->indices},
    };
    return apply(range, OPERATOR_gather_rows, values, bindings, 3);
}

/* ---- the comparison ---- */

static void check(struct comparison *out, const char *what, size_t place, uint32_t found, uint32_t wanted) {
    out->elements++;
    out->histogram[found == wanted ? 0 : COMPARE_BUCKETS - 1]++;
    if (found == wanted)
        return;
    if (out->failures++ != 0)
        return;
    out->worst_element = (struct compared_element){
        .rank = 1, .at = {place}, .is_unsigned = true, .found = found, .wanted = wanted, .error = INFINITY};
    snprintf(out->worst_element.tensor, sizeof out->worst_element.tensor, "%s", what);
    snprintf(out->worst, sizeof out->worst, "%s[%zu]: found word 0x%08X, expected 0x%08X", what, place, found,
             wanted);
}

static enum status check_all(struct comparison *out, struct range *range) {
    const size_t end = range->words + GUARD_WORDS;
    for (size_t first = 0; first < end; first += CHUNK) {
        const size_t count = end - first < CHUNK ? end - first : CHUNK;
        TRY(gpu_buffer_read(range->all, (uint64_t)first * 4, range->chunk, (uint64_t)count * 4));
        for (size_t i = 0; i < count; i++) {
            const size_t place = first + i;
            check(out, "range", place, range->chunk[i],
                  place < range->words ? range->values[place % PERIOD] : guard);
        }
    }
    return STATUS_OK;
}

static enum status check_picks(struct comparison *out, struct range *range) {
    TRY(gpu_buffer_read(range->picked, 0, range->chunk, PICKS * 4));
    for (size_t i = 0; i < PICKS; i++)
        check(out, "picked", range->indices[i], range->chunk[i], range->values[range->indices[i] % PERIOD]);
    return STATUS_OK;
}

static enum status run(struct case_result *out, struct range *range, uint64_t seed) {
    TRY(create(range, seed));
    TRY(write_all(range));
    phase_enter(PHASE_CHECK);
    TRY(check_all(&out->comparison, range));
    TRY(pick(range));
    phase_enter(PHASE_CHECK);
    return check_picks(&out->comparison, range);
}

static enum status execute(struct case_result *out, size_t index, const struct execution *with) {
    (void)index;
    struct range *range;
    TRY(memory_new(&range, 1, sizeof *range));
    range->device = with->device;
    const enum status status = run(out, range, with->seed);
    destroy(range);
    free(range);
    return status;
}

static const struct group_case cases[] = {{"range", SET_FULL}};

const struct conformance_group conformance_limits = {"limits", cases, 1, execute};
