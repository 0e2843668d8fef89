/* compare.h: the device's outputs against the reference's, as spec/numerics.md says under "The comparison".
 */
#ifndef MNSP_CONFORMANCE_COMPARE_H
#define MNSP_CONFORMANCE_COMPARE_H

#include "conformance/application.h"

enum { COMPARE_TEXT = 512 };

struct comparison {
    size_t elements, failures;
    double largest_ratio;     /* of error to tolerance, where the tolerance is not 0 */
    uint64_t largest_ulp;     /* numbers between the two values, wherever */
    char worst[COMPARE_TEXT]; /* the worst element in words: place, both values, error, tolerance */
};

/* outputs: as in struct run_result. The application has had the reference applied. */
void compare(struct comparison *out, const struct application *application, float *const *outputs);

#endif
