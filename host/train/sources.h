/* sources.h: the images that a run was last started with, as its log names them.
 *
 *     struct train_sources sources;
 *     TRY(train_sources_read(&sources, "run"));
 *     ... sources.data[i], i < sources.data_count ...
 *     train_sources_free(&sources);
 */
#ifndef MNSP_TRAIN_SOURCES_H
#define MNSP_TRAIN_SOURCES_H

#include "base/json.h"

struct train_sources {
    const char **data, **validation;
    size_t data_count, validation_count;
    json_t *start; /* holds their texts */
};

/* Errors: STATUS_INVALID when the folder's log is missing or does not say; STATUS_IO, STATUS_MEMORY. */
MNSP_NODISCARD enum status train_sources_read(struct train_sources *out, const char *folder);
void train_sources_free(struct train_sources *sources);

#endif
