#include "graph/attention_teams.h"

#include "base/precision.h"

#include <stdio.h>

enum { TEAM = 4 }; /* invocations */

/* Rows of a team, at most: 1, 2 or a multiple of 4. The more, the less often the other side is loaded. On
 * CPUs what an invocation holds of one array, and the code for it, should fit into the first caches; on GPUs
 * what it holds of all arrays should leave enough of 256 registers for what passes. */
static uint32_t most_rows(const struct attention_teams *teams, bool cpu) {
    enum { CPU_FLOATS = 192, CPU_MOST = 16, GPU_FLOATS = 200, GPU_MOST = 4 };
    const uint64_t parts = (teams->head_width + 4 * TEAM - 1) / (4 * TEAM);
    const uint64_t fit = cpu ? CPU_FLOATS / (4 * parts) : GPU_FLOATS / (4 * parts * teams->arrays);
    const uint64_t most = cpu ? CPU_MOST : GPU_MOST;
    const uint64_t rows = fit < most ? fit : most;
    return rows >= TEAM ? (uint32_t)(rows / TEAM * TEAM) : rows >= 2 ? 2 : 1;
}

/* That many or fewer, so that the last team of a head does not hold much nothing. */
static uint32_t even_rows(uint64_t rows, uint32_t most) {
    const uint64_t teams = (rows + most - 1) / most;
    const uint64_t each = teams > 0 ? (rows + teams - 1) / teams : 1;
    return most < TEAM ? most : (uint32_t)((each + TEAM - 1) / TEAM * TEAM);
}

void attention_dispatch(struct dispatch *dispatch, const struct attention_teams *teams,
                        const struct gpu_properties *device) {
    const bool cpu = device->type == GPU_TYPE_CPU;
    const uint32_t width = cpu ? 8 : 64;
    const uint32_t rows = even_rows(teams->rows, most_rows(teams, cpu));
    const uint32_t constants[] = {
        dispatch->constants[0],
        width,
        (uint32_t)teams->head_width,
        rows,
        (teams->odd | teams->head_width) % 4 == 0,
        teams->dropout,
        teams->rounding,
    };
    dispatch->constant_count = sizeof constants / sizeof constants[0];
    for (uint32_t i = 0; i < dispatch->constant_count; i++)
        dispatch->constants[i] = constants[i];
    dispatch->variant = device->subgroup_quad ? SHADER_QUADS : SHADER_PLAIN;
    snprintf(dispatch->form, sizeof dispatch->form, "%u rows to a team of %d%s, %s", rows, TEAM,
             device->subgroup_quad ? "" : " through shared memory",
             precision_name((enum precision)teams->rounding));
    const uint64_t count = teams->heads * ((teams->rows + rows - 1) / rows);
    dispatch_fold(dispatch, (count * TEAM + width - 1) / width, device);
    dispatch->work = 2.0 * teams->arrays * (double)teams->heads * (double)teams->rows *
                     (double)teams->streamed * (double)teams->head_width;
}
