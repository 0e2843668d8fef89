/* alignment.h: which characters of a reading stand for which of the label.
 *
 *     struct alignment alignment;
 *     TRY(alignment_make(&alignment, "color", "colour"));      distance 1: c-c o-o l-l o-o nothing-u r-r
 *     alignment_free(&alignment);
 *
 * The shortest way from one text to the other in insertions, deletions and substitutions of code points. Of
 * several, read from the end, one that substitutes comes before one that leaves out, and that before one that
 * inserts. Source: Wagner, Fischer, "The string-to-string correction problem", J. ACM 21 (1974).
 */
#ifndef MNSP_TRAIN_ALIGNMENT_H
#define MNSP_TRAIN_ALIGNMENT_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

struct alignment {
    struct alignment_pair {
        uint32_t written, read; /* code points; 0: nothing */
    } * pairs;                  /* from the beginning to the end, equal ones included */
    size_t count;
    size_t distance; /* pairs that differ */
    size_t longest;  /* code points of the longer text */
};

/* Both texts are valid UTF-8. Time and memory grow with the product of their lengths.
 * Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status alignment_make(struct alignment *out, const char *label, const char *reading);
void alignment_free(struct alignment *alignment);

/* 1 - distance / longest, and 1 for two empty texts. */
double alignment_similarity(const struct alignment *alignment);

#endif
