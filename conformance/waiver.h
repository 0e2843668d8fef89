/* waiver.h: known defects of drivers, which need not fail a run.
 *
 *     struct waivers waivers;
 *     TRY(waivers_read(&waivers, "conformance/waivers.json"));
 *     const struct waiver *waiver = waivers_find(&waivers, device, name, outcome, today);
 *     ...
 *     waivers_destroy(&waivers);
 *
 * The file is described in spec/conformance.md.
 */
#ifndef MNSP_CONFORMANCE_WAIVER_H
#define MNSP_CONFORMANCE_WAIVER_H

#include "conformance/outcome.h"

#include "base/status.h"

#include <jansson.h>
#include <stddef.h>

enum waiver_state {
    WAIVER_USED,
    WAIVER_UNUSED,  /* its cases ran and did not need it */
    WAIVER_NOT_RUN, /* none of its cases ran */
    WAIVER_OTHER,   /* for another device or driver */
    WAIVER_EXPIRED
};

struct waiver {
    const char *case_glob, *link, *reason;
    const char *vendor;       /* "0x10de"; NULL: any */
    const char *device;       /* glob on the device's name; NULL: any */
    const char *driver;       /* glob on the driver's name and version in words; NULL: any */
    const char *from, *below; /* versions of the driver, "25.0": at least, less than; NULL: any */
    const char *expires;      /* "2026-12-31", the last day on which it holds; NULL: it does not */
    unsigned outcomes;        /* bit of enum outcome: those it waives */
    size_t matched, used;     /* cases that the glob matched, and those that it waived */
    enum waiver_state state;  /* by waivers_judge() */
};

struct waivers {
    struct waiver *list;
    size_t count;
    json_t *document; /* holds the texts */
};

/* "used", "unused", ... */
const char *waiver_state_name(enum waiver_state state);

/* Errors: STATUS_INVALID with the place, STATUS_IO. */
MNSP_NODISCARD enum status waivers_read(struct waivers *out, const char *path);
void waivers_destroy(struct waivers *waivers);

/* The waiver that a case with this outcome falls under, NULL when there is none; counts what it looks at.
 * `device` is that of device_facts.h, `today` "2025-01-31". */
const struct waiver *waivers_find(struct waivers *waivers, const json_t *device, const char *name,
                                  enum outcome outcome, const char *today);

/* Sets the state of each, after the run. */
void waivers_judge(struct waivers *waivers, const json_t *device, const char *today);

/* Whether version `a` comes before `b`: dotted numbers, missing ones are 0. */
bool version_before(const char *a, const char *b);

#endif
