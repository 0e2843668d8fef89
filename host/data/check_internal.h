/* check_internal.h: what the two files of a check share. */
#ifndef MNSP_DATA_CHECK_INTERNAL_H
#define MNSP_DATA_CHECK_INTERNAL_H

#include "data/check.h"

/* What stands for an item when items are compared. */
struct check_print {
    uint64_t content; /* hash of the encoded image */
    uint32_t label;   /* of its label; 0: none */
    uint32_t item;
};

/* Counts a flaw; true: it is among the first, which get a name by check_name(). */
bool check_count(struct data_check *check, enum data_flaw flaw);
MNSP_NODISCARD enum status check_name(struct data_check *check, enum data_flaw flaw, const char *message);

/* Finds the items with the bytes of an earlier one; sorts the prints. */
MNSP_NODISCARD enum status check_duplicates(struct data_check *check, const struct data_set *set,
                                            struct check_print *prints, size_t count);

#endif
