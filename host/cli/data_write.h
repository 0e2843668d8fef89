/* data_write.h: for commands that write data sets: one folder of sets that appears whole or not at all. */
#ifndef MNSP_CLI_DATA_WRITE_H
#define MNSP_CLI_DATA_WRITE_H

#include "cli/data.h"
#include "data/split.h"
#include "data/writer.h"

#define CLI_DATA_TO                                                                                          \
    { "to", "lmdb|folder|jsonl", "format: LMDB, images with labels.tsv, or images with annotation.jsonl" }

/* Copies a set to `path`; with a split, its parts to `path`/NAME each. Says what was written.
 * Errors: STATUS_INVALID when `path` is there already, or when a part gets no image; those of
 * data_copy(). Nothing is left then. */
MNSP_NODISCARD enum status cli_data_write(const struct cli_values *values, struct data_set *set,
                                          const char *path, enum data_format format,
                                          const struct data_split *split);

/* The format of --to, or `standard`. */
MNSP_NODISCARD enum status cli_data_format(const struct cli_values *values, enum data_format standard,
                                           enum data_format *format);

#endif
