/* extremes.h: sizes at the ends of what is allowed, of every operator: nothing at all, and more workgroups
 * than Vulkan promises in a dimension (65,535), which are folded into two (shaders/include/index.glsl).
 */
#ifndef MNSP_CONFORMANCE_EXTREMES_H
#define MNSP_CONFORMANCE_EXTREMES_H

#include "conformance/case.h"

struct extreme {
    enum operator_id id;
    struct sizes sizes;
};

/* In the order of spec/operators.def. */
const struct extreme *extremes_list(size_t *count);

#endif
