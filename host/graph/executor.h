/* executor.h: runs a plan, either as scalar C (the reference) or on a Vulkan device.
 *
 *     struct executor *executor;
 *     TRY(executor_create(&executor, graph, device));        device NULL: the reference
 *     TRY(executor_initialise(executor, seed));              initial parameters and state
 *     TRY(executor_write(executor, image, pixels));
 *     TRY(executor_run(executor, 0));
 *     TRY(executor_read(executor, loss, &value));
 *
 * Caveats: the graph must outlive the executor and must not change any more. Only inputs, parameters, state
 * and outputs can be written and read by the host. Not thread-safe.
 */
#ifndef MNSP_GRAPH_EXECUTOR_H
#define MNSP_GRAPH_EXECUTOR_H

#include "gpu/gpu.h"
#include "graph/graph.h"
#include "graph/plan.h"
#include "graph/tiles.h"

struct executor;

/* Plans the graph for the device and prepares everything; device NULL takes the reference. `timed`: keep
 * time stamps for executor_nanoseconds. Errors: those of the graph and the plan, STATUS_MEMORY,
 * STATUS_DEVICE. */
MNSP_NODISCARD enum status executor_create(struct executor **out, struct graph *graph,
                                           struct gpu_device *device, bool timed);
/* The same with products in tiles by measurement, which is made here where it is missing; NULL: the fixed
 * choice. The reference has no tiles. */
MNSP_NODISCARD enum status executor_create_tiled(struct executor **out, struct graph *graph,
                                                 struct gpu_device *device, bool timed, struct tiles *tiles);
void executor_destroy(struct executor *executor);
/* The plan that an executor would make, for its figures; takes no memory of the device. Errors: those of
 * the graph and the plan. */
MNSP_NODISCARD enum status executor_make_plan(struct plan **out, struct graph *graph,
                                              const struct gpu_device *device);
const struct plan *executor_plan(const struct executor *executor);

/* Writes the initial values of parameters and state, drawn from `seed` by the parameter's name, so that
 * they depend neither on the device nor on the order of declaration. */
MNSP_NODISCARD enum status executor_initialise(struct executor *executor, uint64_t seed);

/* Copies a whole tensor in or out: tensor->elements * 4 bytes. */
MNSP_NODISCARD enum status executor_write(struct executor *executor, const struct tensor *tensor,
                                          const void *data);
MNSP_NODISCARD enum status executor_read(struct executor *executor, const struct tensor *tensor, void *data);

/* Runs a segment and waits for its end. */
MNSP_NODISCARD enum status executor_run(struct executor *executor, uint32_t segment);

/* ---- without waiting ----
 *
 *     TRY(executor_write(executor, image, pixels));
 *     TRY(executor_start(executor, 0));              returns while the device computes: inputs can be written
 *     TRY(executor_post(executor, 0, &loss, 1));     behind it, the loss goes to where the host can read it
 *     ...                                            more of this kind
 *     TRY(executor_collect(executor, 0, (void *[]){&value}));        waits until the loss is there
 *
 * What was started runs in order. Reading and writing of anything but inputs, and executor_run, wait for
 * it. The reference runs a segment when it is started. */
MNSP_NODISCARD enum status executor_start(struct executor *executor, uint32_t segment);

enum { EXECUTOR_POSTS = 2, EXECUTOR_POST_TENSORS = 16 };

/* Copies tensors, as they are when all is done that was started, to post 0 or 1, where they stay until the
 * next one there. */
MNSP_NODISCARD enum status executor_post(struct executor *executor, size_t post,
                                         const struct tensor *const *tensors, size_t count);
MNSP_NODISCARD enum status executor_collect(struct executor *executor, size_t post, void *const *data);
/* Waits for all that was started. */
MNSP_NODISCARD enum status executor_finish(struct executor *executor);

/* Of the reference: from now on each float that a node reads is off by a relative error of at most
 * `magnitude`, drawn from `seed`; perturb.h says what for. 0 ends it. Errors: STATUS_UNSUPPORTED on a device.
 */
MNSP_NODISCARD enum status executor_perturb(struct executor *executor, uint64_t seed, float magnitude);

/* What one run of a segment is made of; of the reference, its nodes alone. */
struct executor_counts {
    size_t dispatches, barriers, submissions;
};
struct executor_counts executor_counts(const struct executor *executor, uint32_t segment);

/* Of a timed executor: nanoseconds that the node took in the last run of its segment; 0 where unknown. */
double executor_nanoseconds(const struct executor *executor, size_t node);

#endif
