/* dispatch.h: how an operator with given sizes is run on a given device: specialisation constants and
 * workgroups.
 *
 * Use: fill the values of the SIZE and REAL arguments (tensors are not looked at), say how the tensors are
 * stored, and call dispatch_choose(). Operators whose grid in spec/operators.def is TILES have a function
 * of their own, dispatch_<name>, in dispatch_<name>.c.
 */
#ifndef MNSP_GRAPH_DISPATCH_H
#define MNSP_GRAPH_DISPATCH_H

#include "gpu/gpu.h"
#include "graph/graph.h"
#include "graph/tiling.h"

/* Constant 0 says how tensors are stored, constant 1 the workgroup's width; the others belong to the
 * operator's shader. */
struct dispatch {
    uint32_t constants[GPU_MAX_CONSTANTS];
    uint32_t constant_count;
    uint32_t groups[3];
    uint32_t subgroup_size; /* required; 0 for any */
    enum shader_variant variant;
    struct operator_shader shader; /* of that variant */
    double work;                   /* estimated floating-point operations, or elements touched */
    char form[64];                 /* how the work is cut, in words, for `mnsp devices`; may be "" */
    const struct tiling *tiling;   /* of a matmul; NULL for other operators */
};

/* How the tensors of an application are stored, in one word: of each two bits, from the lowest on, 0 if it
 * is missing, else 1 + its enum precision. */
uint32_t dispatch_stored_as(uint32_t tensor, enum precision format);
uint32_t dispatch_stored(const struct graph_node *node);
bool dispatch_has(uint32_t stored, uint32_t tensor);
enum precision dispatch_format(uint32_t stored, uint32_t tensor);

/* Constants, workgroups and push words for one application of an operator. Errors: STATUS_UNSUPPORTED when
 * the device's limits do not allow it. */
MNSP_NODISCARD enum status dispatch_choose(struct dispatch *out, enum operator_id id,
                                           const union operator_value *values, uint32_t stored,
                                           const struct gpu_properties *device);

/* The same for a product in a given tiling instead of the fixed choice; NULL: the fixed choice. Errors: also
 * STATUS_UNSUPPORTED when the device cannot run that tiling. */
MNSP_NODISCARD enum status dispatch_choose_tiled(struct dispatch *out, enum operator_id id,
                                                 const union operator_value *values, uint32_t stored,
                                                 const struct gpu_properties *device,
                                                 const struct tiling *tiling);

/* The same choice as gpu.h takes it, without the words pushed. */
struct gpu_shader dispatch_shader(const struct dispatch *choice, enum operator_id id);

/* The push-constant words: SIZE and REAL arguments in order. Returns their number. */
uint32_t dispatch_push_words(uint32_t out[GPU_MAX_PUSH_WORDS], enum operator_id id,
                             const union operator_value *values);

/* Folds a row of `count` workgroups into x and y, since a dimension may have 65,535 only; the shader undoes
 * it with linear_group() of shaders/include/index.glsl. */
void dispatch_fold(struct dispatch *dispatch, uint64_t count, const struct gpu_properties *device);

/* Inside dispatch_<name>: the value of a SIZE argument by its name. */
#define DISPATCH_SIZE(operator, argument) (values[ARGUMENT_INDEX(operator, argument)].size)

/* The functions of the TILES operators: they set constants from index 1 on, constant_count, groups, work. */
#define ELEMENTS(count)
#define FOURS(count)
#define GROUPS(count)
#define ROWS(count, width)
#define TILES(name)                                                                                          \
    void dispatch_##name(struct dispatch *dispatch, const union operator_value *values,                      \
                         const struct gpu_properties *device);
#define OPERATOR(name, gradient, bound, grid, ...) grid
#include "spec/operators.def"

#endif
