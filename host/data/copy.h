/* copy.h: the items of a set, written into one or several others.
 *
 *     struct data_writer *const writers[] = {train, validation};
 *     const struct data_copy_settings settings = {.threads = 4, .part = choose, .part_context = &split};
 *     TRY(data_copy(set, writers, &settings, &skipped));
 *
 * Encoded images are not touched; rendered words are encoded. What cannot be had (a missing image, bytes
 * that are no image, a label that is no text) is named, counted and left out. The result does not depend
 * on the number of threads.
 */
#ifndef MNSP_DATA_COPY_H
#define MNSP_DATA_COPY_H

#include "data/source.h"
#include "data/writer.h"

enum { DATA_COPY_NAMED = 10 }; /* skipped items that are told of; the rest is counted */

struct data_copy_settings {
    uint32_t threads;
    /* The writer for an image, by what it is; NULL: the first for all. */
    size_t (*part)(const void *context, const char *bytes, size_t size);
    const void *part_context;
    /* Called after each item; a failure ends the copy. May be NULL. */
    enum status (*progress)(void *context, size_t done);
    /* Called with the message of each of the first skipped items. May be NULL. */
    void (*report)(void *context, const char *message);
    void *context; /* of both */
};

/* Errors: those of the writers and of progress(); STATUS_MEMORY, STATUS_IO when threads cannot be started. */
MNSP_NODISCARD enum status data_copy(struct data_set *set, struct data_writer *const *writers,
                                     const struct data_copy_settings *settings, size_t *skipped);

#endif
