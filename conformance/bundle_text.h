/* bundle_text.h: the files of a bundle that are text, added to a buffer, which keeps
 * whether memory was out. */
#ifndef MNSP_CONFORMANCE_BUNDLE_TEXT_H
#define MNSP_CONFORMANCE_BUNDLE_TEXT_H

#include "base/buffer.h"
#include "conformance/application.h"
#include "gpu/gpu.h"

/* What is bundled. */
struct bundle {
    const struct conformance_case *one;
    uint64_t seed;
    const struct gpu_properties *device;
    const struct application *application; /* with the reference applied */
    const struct gpu_shader *shader;
    const struct gpu_dispatch *dispatch; /* its pipeline and bindings are not set */
};

enum { BUNDLE_MISSING_ELEMENTS = 1024 }; /* of the buffer that stands for a tensor that is not given */

/* case.h, for reproduce.c. */
void bundle_add_header(struct buffer *out, const struct bundle *bundle);
/* case.json: the case, the device, the dispatch and its tensors. */
void bundle_add_json(struct buffer *out, const struct bundle *bundle);
/* case.amber: the same for Amber, in the form that docs/amber_script.md of
 * https://github.com/google/amber has. */
void bundle_add_amber(struct buffer *out, const struct bundle *bundle);

/* The name of a tensor; NULL where it is not given. */
const char *bundle_tensor(const struct bundle *bundle, uint32_t tensor);
/* Whether its elements are compared as words, not as floats. */
bool bundle_has_words(const struct bundle *bundle, uint32_t tensor);

#endif
