/* pipelines.h: the pipelines that a device gets: every shader with every
 * specialisation that is chosen for it.
 *
 *     struct needed_pipeline *list;
 *     size_t count;
 *     TRY(pipelines_collect(&list, &count, gpu_device_properties(device)));
 *     TRY(gpu_pipeline_get(device, &pipeline, &list[0].shader));
 *     free(list);
 *
 * First come those that training and reading need at the published sizes, at several batch sizes; then those
 * that only cases of the suite ask for, in all their variants (variants.h).
 */
#ifndef MNSP_CONFORMANCE_PIPELINES_H
#define MNSP_CONFORMANCE_PIPELINES_H

#include "conformance/registry.h"
#include "gpu/gpu.h"

enum { PIPELINE_USE = 64 };

struct needed_pipeline {
    char name[CASE_NAME];   /* the operator and the sizes it was first met with: "matmul/batch=1,m=64,..." */
    char use[PIPELINE_USE]; /* where: "mnsp, batch 64" */
    bool is_default;        /* needed by a model, not by a case of the suite alone */
    struct gpu_shader shader;
};

/* No two have the same code and constants. *list is released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status pipelines_collect(struct needed_pipeline **list, size_t *count,
                                             const struct gpu_properties *device);

#endif
