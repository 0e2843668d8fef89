/* executor_internal.h: what the two executors fill in for executor.c. */
#ifndef MNSP_GRAPH_EXECUTOR_INTERNAL_H
#define MNSP_GRAPH_EXECUTOR_INTERNAL_H

#include "graph/executor.h"

struct executor_functions {
    enum status (*write)(void *self, const struct tensor *tensor, const void *data);
    enum status (*read)(void *self, const struct tensor *tensor, void *data);
    enum status (*run)(void *self, uint32_t segment);
    enum status (*start)(void *self, uint32_t segment);
    enum status (*finish)(void *self);
    enum status (*post)(void *self, size_t post, const struct tensor *const *tensors, size_t count);
    enum status (*collect)(void *self, size_t post, void *const *data);
    enum status (*perturb)(void *self, uint64_t seed, float magnitude); /* NULL: it cannot */
    struct executor_counts (*counts)(const void *self, uint32_t segment);
    double (*nanoseconds)(const void *self, size_t node);
    void (*destroy)(void *self);
};

struct executor {
    const struct executor_functions *functions;
    void *self;
    struct graph *graph;
    struct plan *plan;
};

/* Fill executor->functions and executor->self from executor->plan. */
enum status executor_create_reference(struct executor *executor, bool timed);
enum status executor_create_vulkan(struct executor *executor, struct gpu_device *device, bool timed,
                                   const struct tiles *tiles);

#endif
