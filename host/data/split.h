/* split.h: which part of a split an image belongs to.
 *
 *     TRY(data_split_parse(&split, "train=0.9,validation=0.1", 1));
 *     size_t part = data_split_part(&split, bytes, size);    // 0 or 1: split.part[part].name
 *     data_split_free(&split);
 *
 * The part is a function of the seed and the image's encoded bytes, and of nothing else. So duplicates land
 * on one side, whatever their order; and an image stays where it is when others are added to the set or taken
 * from it. The price: the parts have the sizes asked for on average, not to the image.
 */
#ifndef MNSP_DATA_SPLIT_H
#define MNSP_DATA_SPLIT_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { DATA_SPLIT_PARTS_MAX = 16 };

struct data_split {
    char *text; /* holds the names */
    struct {
        const char *name;
        double upto; /* the shares of the parts up to this one, of 1 */
    } part[DATA_SPLIT_PARTS_MAX];
    size_t count;
    uint64_t seed;
};

/* Reads "name=share,...". Shares are relative to their sum; a name is one of a folder. Errors: STATUS_USAGE,
 * STATUS_MEMORY. */
MNSP_NODISCARD enum status data_split_parse(struct data_split *out, const char *text, uint64_t seed);
void data_split_free(struct data_split *split);

/* For data_copy_settings.part: `split` is a struct data_split. */
size_t data_split_part(const void *split, const char *bytes, size_t size);

#endif
