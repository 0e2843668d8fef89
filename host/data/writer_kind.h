/* writer_kind.h: what a format of data_writer provides. Inside the data room only. */
#ifndef MNSP_DATA_WRITER_KIND_H
#define MNSP_DATA_WRITER_KIND_H

#include "data/writer.h"

struct writer_kind {
    enum status (*open)(void **state, const char *folder);
    /* `number` counts from 1. */
    enum status (*put)(void *state, size_t number, const struct data_item *item);
    enum status (*finish)(void *state, size_t count); /* after it, only abandon() */
    void (*abandon)(void *state);
};

extern const struct writer_kind writer_lmdb, writer_folder, writer_jsonl;

#endif
