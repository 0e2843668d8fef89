/* bundle_amber.c: a case as a script for Amber.
 *
 * Of Amber's parser: a number with an exponent must have a point, a place in a buffer is a float, and behind
 * the last byte of a shader there may be no white space.
 */
#include "conformance/bundle_text.h"
#include "conformance/compare.h"

#include <math.h>

/* A tensor with tolerances has a line for each element up to so many, and for every n-th beyond. */
enum { MOST_LINES = 65536 };

/* Up to here, in bytes, every multiple of 4 is a float. */
static const size_t last_place = (size_t)1 << 26;

static const uint32_t nan_word = 0xFFF6A4D5u; /* spoils the result of whoever reads what is not given */

/* ---- what the device must have ---- */

static bool has_capability(const struct gpu_shader *shader, uint32_t capability) {
    enum { HEADER_WORDS = 5, OP_CAPABILITY = 17 };
    const size_t count = shader->code_bytes / 4;
    size_t at = HEADER_WORDS; /* capabilities come first */
    while (at + 1 < count && (shader->code[at] & 0xFFFFu) == OP_CAPABILITY) {
        if (shader->code[at + 1] == capability)
            return true;
        at += shader->code[at] >> 16;
    }
    return false;
}

static void add_requirements(struct buffer *out, const struct gpu_shader *shader) {
    static const struct {
        uint32_t capability; /* of SPIR-V */
        const char *feature; /* as Amber calls it */
    } requirements[] = {
        {9, "Float16Int8Features.shaderFloat16"},
        {4433, "Storage16BitFeatures.storageBuffer16BitAccess"},
        {61, "SubgroupSupportedOperations.basic"},
        {62, "SubgroupSupportedOperations.vote"},
        {63, "SubgroupSupportedOperations.arithmetic"},
        {64, "SubgroupSupportedOperations.ballot"},
        {65, "SubgroupSupportedOperations.shuffle"},
        {66, "SubgroupSupportedOperations.shuffleRelative"},
        {67, "SubgroupSupportedOperations.clustered"},
        {68, "SubgroupSupportedOperations.quad"},
        {61, "SubgroupSupportedStages.compute"},
    };
    for (size_t i = 0; i < sizeof requirements / sizeof requirements[0]; i++)
        if (has_capability(shader, requirements[i].capability))
            buffer_add(out, "DEVICE_FEATURE %s\n", requirements[i].feature);
    if (shader->subgroup_size != 0)
        buffer_add(out, "DEVICE_EXTENSION VK_EXT_subgroup_size_control\n"
                        "DEVICE_FEATURE SubgroupSizeControl.subgroupSizeControl\n");
    buffer_add(out, "\n");
}

/* ---- shader, buffers, pipeline ---- */

static void add_shader(struct buffer *out, const struct gpu_shader *shader) {
    const unsigned char *const bytes = (const unsigned char *)shader->code;
    buffer_add(out, "SHADER compute shader SPIRV-HEX\n");
    for (size_t i = 0; i < shader->code_bytes; i++)
        buffer_add(out, "%s%02x", i == 0 ? "" : i % 32 == 0 ? "\n" : " ", bytes[i]);
    buffer_add(out, "END\n\n");
}

static void add_buffer(struct buffer *out, const struct bundle *bundle, uint32_t t) {
    const char *const name = bundle_tensor(bundle, t);
    const char *const type = bundle_has_words(bundle, t) ? "uint32" : "float";
    const size_t elements = bundle->application->elements[t];
    if (name == NULL) {
        buffer_add(out, "BUFFER missing%u DATA_TYPE uint32 SIZE %d FILL %u\n", t, BUNDLE_MISSING_ELEMENTS,
                   nan_word);
        return;
    }
    if (elements == 0) { /* a buffer cannot be empty */
        buffer_add(out, "BUFFER %s DATA_TYPE uint32 SIZE 1 FILL 0\n", name);
        return;
    }
    buffer_add(out, "BUFFER %s DATA_TYPE %s SIZE %zu FILE BINARY %s.before.bin\n", name, type, elements,
               name);
    if (application_writes(bundle->application, t) && bundle_has_words(bundle, t))
        buffer_add(out, "BUFFER %s_expected DATA_TYPE %s SIZE %zu FILE BINARY %s.expected.bin\n", name, type,
                   elements, name);
}

static void add_buffers(struct buffer *out, const struct bundle *bundle) {
    for (uint32_t t = 0; t < bundle->shader->binding_count; t++)
        add_buffer(out, bundle, t);
    if (bundle->shader->push_words != 0) {
        buffer_add(out, "BUFFER push DATA_TYPE uint32 DATA\n");
        for (uint32_t i = 0; i < bundle->shader->push_words; i++)
            buffer_add(out, "%u\n", bundle->dispatch->push[i]);
        buffer_add(out, "END\n");
    }
    buffer_add(out, "\n");
}

static void add_pipeline(struct buffer *out, const struct bundle *bundle) {
    const struct gpu_shader *const shader = bundle->shader;
    const uint32_t *const groups = bundle->dispatch->groups;
    buffer_add(out, "PIPELINE compute pipeline\n  ATTACH shader");
    for (uint32_t i = 0; i < shader->constant_count; i++)
        buffer_add(out, " SPECIALIZE %u AS uint32 %u", i, shader->constants[i]);
    buffer_add(out, "\n");
    if (shader->subgroup_size != 0)
        buffer_add(out, "  SUBGROUP shader\n    REQUIRED_SIZE %u\n  END\n", shader->subgroup_size);
    for (uint32_t t = 0; t < shader->binding_count; t++) {
        const char *const name = bundle_tensor(bundle, t);
        if (name != NULL)
            buffer_add(out, "  BIND BUFFER %s AS storage DESCRIPTOR_SET 0 BINDING %u\n", name, t);
        else
            buffer_add(out, "  BIND BUFFER missing%u AS storage DESCRIPTOR_SET 0 BINDING %u\n", t, t);
    }
    if (shader->push_words != 0)
        buffer_add(out, "  BIND BUFFER push AS push_constant\n");
    buffer_add(out, "END\n\nRUN pipeline %u %u %u\n\n", groups[0], groups[1], groups[2]);
}

/* ---- what is expected ---- */

/* Nothing where any value will do, or none that Amber can say. What may be flushed to 0 may. */
static void add_expectation(struct buffer *out, const struct application *a, uint32_t t, const char *name,
                            size_t i) {
    const double value = (double)a->values[t].f[i];
    const bool may_be_flushed = fabs(value) < 0x1p-126;
    const double tolerance = fmax(compare_tolerance(a, t, i), may_be_flushed ? fabs(value) : 0);
    if (isfinite(tolerance) && isfinite(value))
        buffer_add(out, "EXPECT %s IDX %zu TOLERANCE %.8e EQ %.8e\n", name, i * 4, tolerance, value);
}

static void add_expectations(struct buffer *out, const struct bundle *bundle, uint32_t t) {
    const struct application *const a = bundle->application;
    const char *const name = bundle_tensor(bundle, t);
    const size_t elements = a->elements[t], step = (elements + MOST_LINES - 1) / MOST_LINES;
    if (elements == 0)
        return;
    if (bundle_has_words(bundle, t)) {
        buffer_add(out, "EXPECT %s EQ_BUFFER %s_expected\n", name, name);
        return;
    }
    for (size_t i = 0; i < elements && i * 4 <= last_place; i += step)
        add_expectation(out, a, t, name, i);
}

void bundle_add_amber(struct buffer *out, const struct bundle *bundle) {
    buffer_add(out, "#!amber\n# %s, seed %llu, made for %s (%s)\n", bundle->one->name,
               (unsigned long long)bundle->seed, bundle->device->name, bundle->device->driver);
    buffer_add(out, "# In this folder: amber -t vulkan1.2 -v 1.2 case.amber\n\n");
    add_requirements(out, bundle->shader);
    add_shader(out, bundle->shader);
    add_buffers(out, bundle);
    add_pipeline(out, bundle);
    for (uint32_t t = 0; t < bundle->shader->binding_count; t++)
        if (bundle_tensor(bundle, t) != NULL && application_writes(bundle->application, t))
            add_expectations(out, bundle, t);
}
