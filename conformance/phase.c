#include "conformance/phase.h"

#include "base/clock.h"

#include <string.h>

static _Thread_local struct {
    struct phase_listener listener;
    enum phase current;
    double since;
    double seconds[PHASE_COUNT];
} state;

const char *phase_name(enum phase phase) {
    static const char *const names[] = {[PHASE_PREPARE] = "prepare",
                                        [PHASE_COMPILE] = "compile",
                                        [PHASE_DISPATCH] = "dispatch",
                                        [PHASE_CHECK] = "check"};
    return phase < PHASE_COUNT ? names[phase] : "unknown";
}

const char *phase_sentence(enum phase phase) {
    static const char *const sentences[] = {
        [PHASE_PREPARE] = "while preparing inputs and buffers",
        [PHASE_COMPILE] = "while compiling a pipeline",
        [PHASE_DISPATCH] = "while running a dispatch",
        [PHASE_CHECK] = "while computing the reference",
    };
    return phase < PHASE_COUNT ? sentences[phase] : "";
}

void phase_enter(enum phase phase) {
    const double time = clock_seconds();
    state.seconds[state.current] += time - state.since;
    state.current = phase;
    state.since = time;
    if (state.listener.enter != NULL)
        state.listener.enter(state.listener.context, phase);
}

void phase_start(const struct phase_listener *listener) {
    state.listener = listener != NULL ? *listener : (struct phase_listener){0};
    memset(state.seconds, 0, sizeof state.seconds);
    state.current = PHASE_PREPARE;
    state.since = clock_seconds();
    phase_enter(PHASE_PREPARE);
}

void phase_finish(double seconds[PHASE_COUNT]) {
    state.listener = (struct phase_listener){0};
    phase_enter(PHASE_PREPARE);
    memcpy(seconds, state.seconds, sizeof state.seconds);
}
