/* variants.h: the ways in which one operator can be run on one device.
 *
 * The trainer picks a variant from the device's properties (host/graph/dispatch_*.c). The suite runs the
 * others, too, by changing the properties that the choice sees: a CPU's layout on a GPU and the other way
 * round, without quad operations where there are some. A set of such features is a variant; one that a
 * smaller set gives as well is none of its own. Operators with a workgroup per item are also run in wider
 * workgroups than they choose.
 *
 *     layernorm/rows=37,width=384/real                what the trainer would run
 *     layernorm/rows=37,width=384/real@narrow         a CPU's layout: a workgroup is one vector
 *     layernorm/rows=37,width=384/real@plain          no feature: a GPU's layout
 *     layernorm/rows=37,width=384/real@width=256
 *     matmul/batch=1,m=17,n=33,k=9/integer@narrow+quads
 *     matmul/batch=1,m=17,n=33,k=9/integer@tiles=shared-64x64
 *     layernorm/rows=37,width=384/real@stored=f16     what the trainer would run where y is stored in 16 bits
 *     layernorm/rows=37,width=384/real@stored=f16,plain
 *
 * The one with tiles is a row of the table of host/graph/tiling.c: the trainer takes the one that it has
 * measured to be the fastest.
 */
#ifndef MNSP_CONFORMANCE_VARIANTS_H
#define MNSP_CONFORMANCE_VARIANTS_H

#include "graph/dispatch.h"

enum feature {
    FEATURE_NARROW,     /* laid out for a CPU */
    FEATURE_QUADS,      /* quad operations */
    FEATURE_ARITHMETIC, /* sums over a subgroup */
    FEATURE_FLOAT16,    /* 16-bit arithmetic */
    FEATURE_STORAGE16,  /* 16-bit numbers in memory */
    FEATURE_COUNT
};

struct variant {
    enum precision format;       /* in which all tensors are stored that can be */
    bool is_forced;              /* else it is the device's own choice, and what follows is not used */
    unsigned features;           /* bit i: enum feature i */
    uint32_t width;              /* of a workgroup, for operators with one per item; 0: as chosen */
    const struct tiling *tiling; /* of a product; NULL: as chosen */
};

enum { VARIANTS_MAX = 40, VARIANT_TEXT = 64 };

/* "narrow+quads", "plain", "width=256", "tiles=shared-64x64", "stored=f16", "stored=f16,plain"; "" for the
 * device's own choice with tensors of 32 bits. */
const char *variant_name(char out[VARIANT_TEXT], const struct variant *variant);
/* The reverse. Errors: STATUS_INVALID. */
MNSP_NODISCARD enum status variant_by_name(struct variant *out, const char *name);

/* Errors: STATUS_UNSUPPORTED when the device lacks one of the variant's features, or, where it is a tiling,
 * what products of that precision need in it. */
MNSP_NODISCARD enum status variant_require(const struct variant *variant, enum precision precision,
                                           const struct gpu_properties *device);

/* What is left of dispatch_choose() when a variant is asked for; device NULL: one that has everything.
 * Errors: also STATUS_UNSUPPORTED when the device lacks one of its features. */
MNSP_NODISCARD enum status variant_dispatch(struct dispatch *out, const struct variant *variant,
                                            enum operator_id id, const union operator_value *values,
                                            uint32_t stored, const struct gpu_properties *device);

/* The variants of an operator with these sizes that differ, small sets of features first. device: those that
 * it has; NULL: those that any device may have. Returns how many, 1 when there is no choice. */
size_t variants_list(struct variant out[VARIANTS_MAX], enum operator_id id,
                     const union operator_value *values, uint32_t stored,
                     const struct gpu_properties *device);

/* Of a product, every tiling, with factors in f16 and bf16 those for matrices; 0 of other operators. Part
 * of no explanation: they take long to compile, and the former share their code with the variants above.
 * Returns how many. */
size_t variants_tilings(struct variant out[VARIANTS_MAX], enum operator_id id,
                        const union operator_value *values);

#endif
