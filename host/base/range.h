/* range.h: which of several ranges, one behind the other, an index lies in. */
#ifndef MNSP_BASE_RANGE_H
#define MNSP_BASE_RANGE_H

#include <stddef.h>

/* The number of the last of `count` ranges, at least 1, that begins at or before `index`. Where
 * they begin, in ascending order, is said by `first` of the first of them, and `stride` bytes
 * further by that of the next:
 *
 *     member = range_find(&members[0].first, sizeof members[0], member_count, index);
 */
static inline size_t range_find(const size_t *first, size_t stride, size_t count, size_t index) {
    size_t low = 0, high = count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        const void *const begin = (const char *)first + middle * stride;
        if (*(const size_t *)begin <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

#endif
