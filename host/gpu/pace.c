#include "gpu/gpu_internal.h"

/* What a submission may take: an eighth of the shortest watchdog there is, 2 s on Windows (amdgpu's is 10
 * s). */
static const double longest = 0.25;

struct gpu_pace gpu_pace_start(enum gpu_device_type type, double work) {
    /* At an assumed 400 GFLOP/s for discrete GPUs and 20 for others, far below what even poor shaders
     * reach. A CPU device has no watchdog; its submissions end so that a wait sees progress. */
    static const double first[] = {
        [GPU_TYPE_OTHER] = 5e9,   [GPU_TYPE_INTEGRATED] = 5e9, [GPU_TYPE_DISCRETE] = 1e11,
        [GPU_TYPE_VIRTUAL] = 5e9, [GPU_TYPE_CPU] = 1e12,
    };
    const double piece = work > 0 ? work : first[type];
    return (struct gpu_pace){.piece = piece, .budget = piece, .fixed = type == GPU_TYPE_CPU && work <= 0};
}

void gpu_pace_note(struct gpu_pace *pace, double work, double seconds) {
    if (pace->fixed || work <= 0 || seconds <= 0)
        return;
    if (seconds > longest)
        pace->budget = work * longest / seconds < pace->budget ? work * longest / seconds : pace->budget;
    else if (seconds < longest / 4 && 2 * work > pace->budget)
        pace->budget *= 2;
}
