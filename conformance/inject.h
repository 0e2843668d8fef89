/* inject.h: defects put in on purpose, by which the runner itself is tested.
 *
 *     mnsp-conformance --inject 'hang=add/count=9/real' --dispatch-limit 1
 *
 * The worker behaves in the named cases as if the driver had crashed, hung, and so on.
 */
#ifndef MNSP_CONFORMANCE_INJECT_H
#define MNSP_CONFORMANCE_INJECT_H

#include "conformance/result.h"

enum inject {
    INJECT_NOTHING,
    INJECT_CRASH,      /* in the dispatch: a forbidden access */
    INJECT_CRASH_LATE, /* the same, but not in the first case of a process */
    INJECT_EXIT,       /* in the dispatch: the driver calls exit() */
    INJECT_HANG,       /* in the dispatch */
    INJECT_HANG_COMPILE,
    INJECT_LOST,
    INJECT_MEMORY,
    INJECT_FAIL,
    INJECT_WARN,
    INJECT_UNSUPPORTED,
    INJECT_GARBAGE, /* the worker's answer is damaged */
    INJECT_NOISE,   /* the driver prints a great deal */
    INJECT_COUNT
};

enum { INJECT_MOST = 16 };

struct injections {
    struct {
        enum inject kind;
        const char *glob;
    } list[INJECT_MOST];
    size_t count;
};

/* Adds "KIND=GLOB"; the text must outlive the list. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status inject_add(struct injections *list, const char *text);

/* "crash", "hang-compile", ...; and the reverse, INJECT_COUNT when there is none. */
const char *inject_name(enum inject kind);
enum inject inject_by_name(const char *name);

/* What is put into a case. */
enum inject inject_for(const struct injections *list, const char *name);

/* What happens when a phase begins, in the process's case `number` (from 0). May not return. */
void inject_into_phase(enum inject kind, enum phase phase, size_t number);
void inject_into_result(enum inject kind, struct case_result *result);

#endif
