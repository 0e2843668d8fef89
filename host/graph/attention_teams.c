#include "graph/attention_teams.h"

#include <stdio.h>

/* Rows of a team, at most: the more, the less often the other side is loaded, until they no longer fit what
 * they should live in. On CPUs that is the first cache, for data and code; on GPUs the registers. */
static uint32_t most_rows(const struct attention_teams *teams, uint32_t team, bool cpu) {
    enum { CPU_FLOATS = 192, GPU_FLOATS = 128, CPU_MOST = 16 }; /* of an invocation */
    const uint64_t parts = (teams->head_width + 4 * team - 1) / (4 * team);
    const uint64_t fit = (cpu ? CPU_FLOATS : GPU_FLOATS) / (4 * parts);
    const uint64_t most = fit > CPU_MOST ? CPU_MOST : fit;
    return most < team ? team : (uint32_t)(most / team * team);
}

/* That many or fewer, so that the last team of a head does not hold much nothing. */
static uint32_t even_rows(uint64_t rows, uint32_t most, uint32_t team) {
    const uint64_t teams = (rows + most - 1) / most;
    const uint64_t each = teams > 0 ? (rows + teams - 1) / teams : 1;
    return (uint32_t)((each + team - 1) / team * team);
}

void attention_dispatch(struct dispatch *dispatch, const struct attention_teams *teams,
                        const struct gpu_properties *device) {
    const bool cpu = device->type == GPU_TYPE_CPU;
    const uint32_t team = device->subgroup_quad ? 4 : 1, width = cpu ? 8 : 64;
    const uint32_t rows = even_rows(teams->rows, most_rows(teams, team, cpu), team);
    const uint32_t constants[] = {
        dispatch->constants[0],
        width,
        (uint32_t)teams->head_width,
        rows,
        teams->aligned && teams->head_width % 4 == 0,
        teams->dropout,
    };
    dispatch->constant_count = sizeof constants / sizeof constants[0];
    for (uint32_t i = 0; i < dispatch->constant_count; i++)
        dispatch->constants[i] = constants[i];
    dispatch->variant = device->subgroup_quad ? SHADER_QUADS : SHADER_PLAIN;
    snprintf(dispatch->form, sizeof dispatch->form, "%u rows to a team of %u", rows, team);
    const uint64_t count = teams->heads * ((teams->rows + rows - 1) / rows);
    dispatch_fold(dispatch, (count * team + width - 1) / width, device);
    dispatch->work = 2.0 * teams->products * (double)teams->heads * (double)teams->rows *
                     (double)teams->streamed * (double)teams->head_width;
}
