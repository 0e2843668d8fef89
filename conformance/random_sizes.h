/* random_sizes.h: sizes drawn from a pattern, for the cases of the full set that no table lists.
 *
 *     "first=0..20,count=1..300,rows=first+count+0..9,width=1|1..2000,bias=none|"
 *
 * An item is name=alternatives, one of which is taken. An alternative may be
 *
 *     1..300                 a number in that range, small ones and the neighbours of powers of two preferred
 *     heads*head_width+0..9  a sum of products of numbers, ranges and items (named anywhere to the left)
 *     0.3, none              anything else: as it stands
 *     (nothing)              the item is left out
 *
 * The same seed and pattern give the same sizes on every machine.
 */
#ifndef MNSP_CONFORMANCE_RANDOM_SIZES_H
#define MNSP_CONFORMANCE_RANDOM_SIZES_H

#include "base/philox.h"
#include "base/status.h"

#include <stddef.h>

/* Writes the text of sizes as struct sizes has it. Errors: STATUS_INTERNAL when the pattern is malformed or
 * the text has no room. */
MNSP_NODISCARD enum status random_sizes(char *out, size_t size, const char *pattern, struct philox *random);

#endif
