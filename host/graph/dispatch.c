#include "graph/dispatch.h"

#include "graph/operator_index.h"

#include <string.h>

enum { ELEMENT_WIDTH = 256, GROUP_WIDTH = 64 };

void dispatch_fold(struct dispatch *dispatch, uint64_t count, const struct gpu_properties *device) {
    const uint64_t limit = device->max_groups[0] < 65535 ? device->max_groups[0] : 65535;
    const uint64_t x = count < limit ? count : limit;
    dispatch->groups[0] = (uint32_t)x;
    dispatch->groups[1] = x ? (uint32_t)((count + x - 1) / x) : 0;
    dispatch->groups[2] = 1;
}

/* One invocation per element. */
static void dispatch_elements(struct dispatch *dispatch, uint64_t count,
                              const struct gpu_properties *device) {
    dispatch->constants[1] = ELEMENT_WIDTH;
    dispatch->constant_count = 2;
    dispatch_fold(dispatch, (count + ELEMENT_WIDTH - 1) / ELEMENT_WIDTH, device);
    dispatch->work = (double)count;
}

/* One invocation per four elements; the shader is told whether the last of them has four, too. */
static void dispatch_fours(struct dispatch *dispatch, uint64_t count, const struct gpu_properties *device) {
    dispatch_elements(dispatch, (count + 3) / 4, device);
    dispatch->constants[2] = count % 4 == 0;
    dispatch->constant_count = 3;
    dispatch->work = (double)count;
}

/* One workgroup per item. A CPU runs the invocations of a workgroup one vector after the other, so that a
 * narrow workgroup wastes less in the final reduction. */
static void dispatch_groups(struct dispatch *dispatch, uint64_t count, const struct gpu_properties *device) {
    dispatch->constants[1] = device->type == GPU_TYPE_CPU ? 8 : GROUP_WIDTH;
    dispatch->constant_count = 2;
    dispatch_fold(dispatch, count, device);
    dispatch->work = (double)count * GROUP_WIDTH;
}

/* The shader is told whether rows are made up of whole fours. */
static void dispatch_rows(struct dispatch *dispatch, uint64_t count, uint64_t width,
                          const struct gpu_properties *device) {
    dispatch_groups(dispatch, count, device);
    dispatch->constants[2] = width % 4 == 0;
    dispatch->constant_count = 3;
}

/* What is rounded to, for operators that have an argument of that name. */
static void add_rounding(struct dispatch *dispatch, enum operator_id id, const union operator_value *values) {
    const uint32_t argument = operator_argument_index(id, "rounding");
    if (argument < operator_info(id)->argument_count)
        dispatch->constants[dispatch->constant_count++] = (uint32_t)values[argument].size;
}

/* grid_<name>: what the table says of each operator. */
#define V(n)        ((uint64_t)values[offsetof(index, n)].size)
#define ELEMENTS(n) dispatch_elements(dispatch, n, device);
#define FOURS(n)    dispatch_fours(dispatch, n, device), add_rounding(dispatch, self, values);
#define GROUPS(n)   dispatch_groups(dispatch, n, device);
#define ROWS(n, w)  dispatch_rows(dispatch, n, w, device), add_rounding(dispatch, self, values);
#define TILES(name) dispatch_##name(dispatch, values, device);
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    static void grid_##name(struct dispatch *dispatch, const union operator_value *values,                   \
                            const struct gpu_properties *device) {                                           \
        typedef struct operator_index_##name index;                                                          \
        const enum operator_id self = OPERATOR_##name;                                                       \
        (void)sizeof(index);                                                                                 \
        (void)self;                                                                                          \
        (void)values;                                                                                        \
        grid                                                                                                 \
    }
#include "spec/operators.def"

typedef void grid_function(struct dispatch *, const union operator_value *, const struct gpu_properties *);

static grid_function *const grids[] = {
#define OPERATOR(name, gradient, bound, grid, ...) [OPERATOR_##name] = grid_##name,
#include "spec/operators.def"
};

_Static_assert(2 * OPERATOR_MAX_TENSORS <= 32, "two bits for each tensor of an operator");

uint32_t dispatch_stored_as(uint32_t tensor, enum precision format) {
    return (1u + (uint32_t)format) << 2 * tensor;
}

uint32_t dispatch_stored(const struct graph_node *node) {
    uint32_t stored = 0;
    for (uint32_t i = 0; i < operator_tensor_count(node->operator); i++)
        if (node->tensors[i] != NULL)
            stored |= dispatch_stored_as(i, tensor_format(node->tensors[i]));
    return stored;
}

bool dispatch_has(uint32_t stored, uint32_t tensor) {
    return (stored >> 2 * tensor & 3u) != 0;
}

enum precision dispatch_format(uint32_t stored, uint32_t tensor) {
    return dispatch_has(stored, tensor) ? (enum precision)((stored >> 2 * tensor & 3u) - 1) : PRECISION_F32;
}

enum status dispatch_choose(struct dispatch *out, enum operator_id id, const union operator_value *values,
                            uint32_t stored, const struct gpu_properties *device) {
    return dispatch_choose_tiled(out, id, values, stored, device, NULL);
}

enum status dispatch_choose_tiled(struct dispatch *out, enum operator_id id,
                                  const union operator_value *values, uint32_t stored,
                                  const struct gpu_properties *device, const struct tiling *tiling) {
    *out = (struct dispatch){.constants = {stored}, .constant_count = 1, .tiling = tiling};
    if (tiling != NULL && !tiling_fits(tiling, product_of(values, stored).precision, device))
        return status_set(STATUS_UNSUPPORTED, "%s cannot run the product in tiles of %s", device->name,
                          tiling->name);
    grids[id](out, values, device);
    out->shader = operator_shader(id, out->variant);
    for (int i = 0; i < 3; i++)
        if (out->groups[i] > device->max_groups[i])
            return status_set(
                STATUS_UNSUPPORTED,
                "%s needs %u workgroups in dimension %d, the device allows %u: use a smaller batch",
                operator_info(id)->name, out->groups[i], i, device->max_groups[i]);
    return STATUS_OK;
}

struct gpu_shader dispatch_shader(const struct dispatch *choice, enum operator_id id) {
    struct gpu_shader shader = {.name = operator_info(id)->name,
                                .code = choice->shader.code,
                                .code_bytes = choice->shader.bytes,
                                .binding_count = operator_tensor_count(id),
                                .push_words = operator_info(id)->argument_count - operator_tensor_count(id),
                                .constant_count = choice->constant_count,
                                .subgroup_size = choice->subgroup_size};
    memcpy(shader.constants, choice->constants, sizeof shader.constants);
    return shader;
}

uint32_t dispatch_push_words(uint32_t out[GPU_MAX_PUSH_WORDS], enum operator_id id,
                             const union operator_value *values) {
    const struct operator_info *const info = operator_info(id);
    uint32_t count = 0;
    for (uint32_t i = operator_tensor_count(id); i < info->argument_count; i++) {
        if (info->arguments[i].kind == ARGUMENT_SIZE)
            out[count] = (uint32_t)values[i].size;
        else
            memcpy(&out[count], &values[i].real, sizeof out[count]);
        count++;
    }
    return count;
}
