/* compile.h: what a driver's compiler makes of every shader, without running any.
 *
 *     struct compile_report report;
 *     TRY(compile_all(&report, device, glob, stdout));   device: opened with compile_only
 *     ... report.spilling ...
 *     compile_report_destroy(&report);
 *
 * A pipeline that a model needs and that does not
 * compile, or for which the compiler runs out of registers (it spills), is a defect; in pipelines that only
 * cases of the suite need, spills are told and forgiven.
 */
#ifndef MNSP_CONFORMANCE_COMPILE_H
#define MNSP_CONFORMANCE_COMPILE_H

#include "conformance/pipelines.h"

#include <jansson.h>
#include <stdio.h>

/* What matters for speed, from the driver's own statistics; negative where it does not tell. */
struct resources {
    double vector_registers, scalar_registers; /* of an invocation, of a subgroup */
    double spilled;                            /* registers */
    double shared_bytes;                       /* of a workgroup */
    double scratch_bytes;                      /* memory of an invocation that stands in for registers */
    double code_bytes;
    double subgroups; /* that a processor (SIMD) can hold at once: the occupancy */
};

struct compiled {
    const struct needed_pipeline *pipeline;
    char error[256]; /* "" when it was compiled */
    double seconds;
    struct resources resources;
    struct gpu_statistics statistics;
};

struct compile_report {
    struct needed_pipeline *pipelines;
    struct compiled *list;
    size_t count;
    size_t failed, spilling;          /* defects: pipelines that models need */
    size_t forgiven;                  /* spilling pipelines that only cases need */
    struct gpu_properties properties; /* of the device */
};

/* Compiles every pipeline whose name matches the glob (NULL: all). To `out` go the name of each before it is
 * compiled, so that a driver which crashes over one tells which, and its resources. Errors: STATUS_MEMORY,
 * STATUS_DEVICE a lost device, STATUS_UNSUPPORTED when the driver has no statistics, STATUS_USAGE when no
 * name matches. The report must be destroyed after an error, too. */
MNSP_NODISCARD enum status compile_all(struct compile_report *report, struct gpu_device *device,
                                       const char *glob, FILE *out);
void compile_report_destroy(struct compile_report *report);

/* What a driver calls its statistics is translated here. */
struct resources compile_resources(const struct gpu_statistics *statistics);

#define COMPILE_FORMAT "mnsp-conformance-compile 1"

/* *out is released with json_decref(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status compile_to_json(json_t **out, const struct compile_report *report);

#endif
