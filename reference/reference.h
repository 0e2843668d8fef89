/* reference.h: every operator of mnsp as naive scalar C.
 *
 * One function per line of spec/operators.def, named reference_<operator>, with the arguments of that line:
 * outputs, inputs, optional inputs (NULL when missing), sizes, reals. Each stands in a file of its own name
 * and reads like the formula in spec/operators.md. Sums accumulate in double; no SIMD, threads, or blocking.
 *
 * Caveats: this is the definition, not a fast path. Arrays are row-major and must not overlap, except where
 * an argument is INOUT, and except q, k, v (and dq, dk, dv) of attention, which may be parts of one array.
 */
#ifndef MNSP_REFERENCE_REFERENCE_H
#define MNSP_REFERENCE_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#define OUT(n)                                     float *n
#define OUT_U(n)                                   uint32_t *n
#define OUT_OPTIONAL(n)                            float *n
#define IN(n)                                      const float *n
#define IN_U(n)                                    const uint32_t *n
#define OPTIONAL(n)                                const float *n
#define OPTIONAL_U(n)                              const uint32_t *n
#define INOUT(n)                                   float *n
#define SIZE(n)                                    size_t n
#define REAL(n)                                    float n
#define OPERATOR(name, gradient, bound, grid, ...) void reference_##name(__VA_ARGS__);
#include "spec/operators.def"

/* reference_matmul with nothing done to the product but adding the bias (NULL when missing). */
void reference_product(float *c, const float *a, const float *b, const float *bias, size_t batch, size_t m,
                       size_t n, size_t k, size_t transpose_a, size_t transpose_b);

#endif
