/* case.h: what a file of conformance/operators/ provides, and the tools it has.
 *
 * A case is one application of an operator to inputs of one kind: layernorm/rows=37,width=384/real. It runs
 * on the device and through reference_<operator>, and every element must agree within its bound. To add the
 * cases of an operator, write conformance/operators/<operator>.c:
 *
 *     static const struct sizes sizes[] = {{"count=1", AS_INTEGER | AS_REAL}, {"count=1000003", AS_REAL}};
 *     static const struct sizes patterns[] = {{"count=1..100000", AS_INTEGER | AS_REAL}};
 *
 *     static void shapes(struct shape *shape, const struct application *application) {
 *         const struct values_scale v = values_scale(application);
 *         shape[AT(y)] = shape[AT(x)] = SHAPE(v.count.n);
 *     }
 *
 *     static void bound(const struct application *application) { ... }
 *
 *     const struct conformance_operator conformance_scale = {
 *         SIZES(sizes), PATTERNS(patterns), .shapes = shapes, .bound = bound};
 *
 * with AT(argument) defined as ARGUMENT_INDEX(scale, argument).
 *
 * Caveats: the text of the sizes is part of the case's name, by which people select it and reports are
 * compared: do not change it without need. Arguments that it does not name are 0; `name=none` leaves an
 * optional tensor out.
 */
#ifndef MNSP_CONFORMANCE_CASE_H
#define MNSP_CONFORMANCE_CASE_H

#include "base/philox.h"
#include "graph/graph.h"
#include "graph/operator.h"
#include "graph/operator_index.h"

#include <string.h>

/* What the inputs are filled with, unless the operator's fill function knows better. */
enum inputs {
    INPUTS_INTEGER, /* small integers, with which the result is exact: nothing may differ */
    INPUTS_REAL,    /* reals of both signs */
    INPUTS_HARD,    /* reals that hurt: cancellation, wide range, infinities; the fill function makes them */
    INPUTS_BITS,    /* any words, NaN and denormals included: for operators that copy */
    /* Those of stress.h, which every operator that computes gets without asking: */
    INPUTS_WIDE,     /* magnitudes from 2^-20 to 2^20 */
    INPUTS_CANCEL,   /* far from 0, of either sign in turn: sums are small, their terms are not */
    INPUTS_HALF,     /* about the limits of 16-bit numbers */
    INPUTS_DENORMAL, /* a third of them below 2^-126, which a device may flush or not */
    INPUTS_NAN,      /* reals, and one NaN and two infinities: what does not depend on them stays right */
    INPUTS_COUNT
};

enum {
    AS_INTEGER = 1 << INPUTS_INTEGER,
    AS_REAL = 1 << INPUTS_REAL,
    AS_HARD = 1 << INPUTS_HARD,
    AS_BITS = 1 << INPUTS_BITS,
    AS_WIDE = 1 << INPUTS_WIDE,
    AS_CANCEL = 1 << INPUTS_CANCEL,
    AS_HALF = 1 << INPUTS_HALF,
    AS_DENORMAL = 1 << INPUTS_DENORMAL,
    AS_NAN = 1 << INPUTS_NAN,
    IN_FULL = 1 << 16, /* only in the set `full`: takes long, or much memory */
    IN_TILES =
        1 << 17, /* products: integers in every tiling, everything as matrices; else that is for `full` */
};

struct sizes {
    const char *text; /* "rows=37,width=384,eps=1e-6,bias=none" */
    unsigned inputs;  /* AS_..., IN_FULL, IN_TILES */
};

/* The value of an argument, typed as the case files use it. */
union value {
    float *f;    /* a tensor of float; NULL when it is missing */
    uint32_t *u; /* a tensor of uint32_t */
    size_t n;    /* a SIZE */
    float real;  /* a REAL */
};

/* An input element that is not finite, and what it would be otherwise. */
struct spoiled {
    uint32_t tensor;
    size_t element;
    float value, finite;
};

enum { SPOILED_COUNT = 3 };

/* An operator applied to values. */
struct application {
    enum operator_id id;
    enum inputs inputs;
    uint64_t seed;
    union value values[OPERATOR_MAX_ARGUMENTS];
    struct shape shapes[OPERATOR_MAX_TENSORS];
    size_t elements[OPERATOR_MAX_TENSORS];
    uint32_t present; /* bit i: tensor i is there */
    uint32_t stored;  /* how each of them is, as graph/dispatch.h says */
    /* Of tensors that the operator writes: */
    float *before[OPERATOR_MAX_TENSORS]; /* what it held: an INOUT tensor's input, or poison */
    double *bounds
        [OPERATOR_MAX_TENSORS]; /* the allowed error of every element, at first 0; INFINITY: any value */
    struct spoiled spoiled[SPOILED_COUNT]; /* of INPUTS_NAN */
    size_t spoiled_count;
};

struct conformance_operator {
    const struct sizes *sizes;
    size_t count;
    const struct sizes *patterns; /* of sizes to be drawn, for the set full: random_sizes.h */
    size_t pattern_count;
    unsigned without; /* AS_... of stress.h that it cannot have */
    /* Sets numbers that follow from others, so that the sizes need not name them; NULL when there are none.
     */
    void (*complete)(struct application *application);
    /* Sets the shape of every tensor from the numbers. */
    void (*shapes)(struct shape *shapes, const struct application *application);
    /* Replaces inputs that cannot be just any numbers; NULL when there are none. */
    void (*fill)(struct application *application, struct philox *random);
    /* Sets application->bounds from the inputs and the outputs of the reference, for all inputs but integers
     * and bits, of which the result is exact; NULL when it always is. */
    void (*bound)(const struct application *application);
};

#define SIZES(list)    .sizes = (list), .count = sizeof(list) / sizeof((list)[0])
#define PATTERNS(list) .patterns = (list), .pattern_count = sizeof(list) / sizeof((list)[0])

/* values_<operator>(application): the values under their names in the table: v.rows.n, v.x.f[i]. */
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    struct values_##name {                                                                                   \
        union value __VA_ARGS__;                                                                             \
    };                                                                                                       \
    static inline struct values_##name values_##name(const struct application *application) {                \
        struct values_##name values;                                                                         \
        memcpy(&values, application->values, sizeof values);                                                 \
        return values;                                                                                       \
    }
#include "spec/operators.def"

/* One declaration per operator: a missing conformance/operators/<operator>.c does not link. */
#define OPERATOR(name, gradient, bound, grid, ...)                                                           \
    extern const struct conformance_operator conformance_##name;
#include "spec/operators.def"

#endif
