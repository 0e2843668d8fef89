/* principal.h: the three directions in which vectors differ most, for showing features as colours.
 *
 *     struct principal principal;
 *     TRY(principal_find(&principal, features, 6 * 256, 384));
 *     uint8_t colour[3];
 *     principal_colour(&principal, features, colour);
 *     principal_free(&principal);
 *
 * Principal component analysis by orthogonal iteration on the covariance, in double precision, from a fixed
 * start: the same vectors give the same directions. Source: Golub and Van Loan, "Matrix computations", 8.2.
 */
#ifndef MNSP_TRAIN_PRINCIPAL_H
#define MNSP_TRAIN_PRINCIPAL_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { PRINCIPAL_COUNT = 3 };

struct principal {
    size_t width;
    double *mean; /* (width) */
    double *axis; /* (3, width), of length 1, the first one first; 0 where there is none */
    double deviation[PRINCIPAL_COUNT]; /* standard deviation along each */
};

/* Of rows (count, width), count at least 1. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status principal_find(struct principal *out, const float *rows, size_t count,
                                          size_t width);
void principal_free(struct principal *principal);

/* The components of one row, in units of their standard deviations. */
void principal_project(const struct principal *principal, const float *row, double out[PRINCIPAL_COUNT]);

/* The components as red, green and blue: the mean is grey, two and a half deviations reach the end. */
void principal_colour(const struct principal *principal, const float *row, uint8_t out[PRINCIPAL_COUNT]);

#endif
