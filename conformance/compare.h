/* compare.h: the device's outputs against the reference's, as spec/numerics.md says under "The comparison".
 *
 *     struct comparison comparison = {0};
 *     compare(&comparison, &application, result.outputs);
 *     if (comparison.failures != 0) ... comparison.worst ...
 *
 * What was measured is there whether the case passes or not.
 */
#ifndef MNSP_CONFORMANCE_COMPARE_H
#define MNSP_CONFORMANCE_COMPARE_H

#include "conformance/application.h"

enum { COMPARE_TEXT = 512, COMPARE_TENSOR = 64 };

/* Bucket 0 counts the elements without a difference, bucket i those of 2^(i-1) up to 2^i - 1 ULP; the last
 * one also those that have no distance, such as NaN against a number. */
enum { COMPARE_BUCKETS = 26 };

/* An element and its error. */
struct compared_element {
    char tensor[COMPARE_TENSOR]; /* "" when there is none */
    int rank;
    size_t at[SHAPE_MAX_RANK];
    bool is_unsigned;       /* the words are numbers, not floats */
    uint32_t found, wanted; /* words */
    double error, tolerance;
    uint64_t ulp;
};

struct comparison {
    size_t elements, failures;
    double largest_ratio; /* of error to tolerance, where the tolerance is not 0 */
    /* Units in the last place: how many floats lie between the two values. Numbers below 2^-126 count as 0,
     * because a device may flush them. */
    uint64_t largest_ulp; /* over the elements that have a distance, as is the mean */
    double mean_ulp;
    uint64_t histogram[COMPARE_BUCKETS];
    struct compared_element worst_element; /* failures before the rest, then by error over tolerance */
    char worst[COMPARE_TEXT];              /* the same in words; "" when nothing differs */
};

/* How far element i of output t may be from the reference, 0 where it must be equal; INFINITY: anything
 * but POISON. NaN is equal to NaN, and what is below 2^-126 may be 0 instead. The application has had
 * the reference applied. */
double compare_tolerance(const struct application *application, uint32_t t, size_t i);

/* outputs: as in struct run_result. The application has had the reference applied. */
void compare(struct comparison *out, const struct application *application, float *const *outputs);

#endif
