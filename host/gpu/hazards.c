#include "gpu/gpu_internal.h"

#include "base/memory.h"

#include <stdlib.h>

static bool touches(const struct gpu_hazards *hazards, bool written, const struct gpu_binding *binding) {
    for (size_t i = 0; i < hazards->count[written]; i++) {
        const struct gpu_range *const range = &hazards->ranges[written][i];
        if (range->buffer == binding->buffer && binding->offset < range->end &&
            range->begin < binding->offset + binding->bytes)
            return true;
    }
    return false;
}

bool gpu_hazards_conflict(const struct gpu_hazards *hazards, const struct gpu_binding *bindings,
                          size_t count) {
    for (size_t i = 0; i < count; i++)
        if (touches(hazards, true, &bindings[i]) ||
            (bindings[i].written && touches(hazards, false, &bindings[i])))
            return true;
    return false;
}

enum status gpu_hazards_note(struct gpu_hazards *hazards, const struct gpu_binding *bindings, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const bool written = bindings[i].written;
        const size_t next = hazards->count[written];
        TRY(memory_reserve(&hazards->ranges[written], &hazards->capacity[written], next + 1,
                           sizeof(struct gpu_range)));
        hazards->ranges[written][next] = (struct gpu_range){.buffer = bindings[i].buffer,
                                                            .begin = bindings[i].offset,
                                                            .end = bindings[i].offset + bindings[i].bytes};
        hazards->count[written]++;
    }
    return STATUS_OK;
}

void gpu_hazards_clear(struct gpu_hazards *hazards) {
    hazards->count[0] = hazards->count[1] = 0;
}

void gpu_hazards_free(struct gpu_hazards *hazards) {
    free(hazards->ranges[0]);
    free(hazards->ranges[1]);
}
