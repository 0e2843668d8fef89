/* phase.h: where a case is, so that each part of it can have a time limit and be timed.
 *
 *     phase_start(&listener);            whoever supervises the case; NULL for nobody
 *     phase_enter(PHASE_COMPILE);        whoever does the work, before it begins
 *     ...
 *     phase_finish(seconds);             how long each phase took
 *
 * It belongs to the thread, so that what works need not know who supervises.
 */
#ifndef MNSP_CONFORMANCE_PHASE_H
#define MNSP_CONFORMANCE_PHASE_H

enum phase {
    PHASE_PREPARE,  /* inputs, buffers */
    PHASE_COMPILE,  /* the driver compiles pipelines */
    PHASE_DISPATCH, /* the device works; entered for every submission anew */
    PHASE_CHECK,    /* reference and comparison: the driver has no part in it */
    PHASE_COUNT
};

/* "prepare", "compile", "dispatch", "check" */
const char *phase_name(enum phase phase);
/* For sentences: "while preparing", "while compiling", ... */
const char *phase_sentence(enum phase phase);

struct phase_listener {
    void (*enter)(void *context, enum phase phase);
    void *context;
};

/* Begins with PHASE_PREPARE. The listener is copied. */
void phase_start(const struct phase_listener *listener);
void phase_enter(enum phase phase);
void phase_finish(double seconds[PHASE_COUNT]);

#endif
