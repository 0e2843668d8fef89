#include "data/writer.h"

#include "base/memory.h"
#include "data/writer_kind.h"

#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 999999999 }; /* nine digits */

static const struct {
    const char *name;
    const struct writer_kind *kind;
} formats[DATA_FORMAT_COUNT] = {
    [DATA_FORMAT_LMDB] = {"lmdb", &writer_lmdb},
    [DATA_FORMAT_FOLDER] = {"folder", &writer_folder},
    [DATA_FORMAT_JSONL] = {"jsonl", &writer_jsonl},
};

struct data_writer {
    const struct writer_kind *kind;
    void *state;
    size_t count;
};

enum status data_format_parse(enum data_format *out, const char *name) {
    for (int i = 0; i < DATA_FORMAT_COUNT; i++)
        if (strcmp(formats[i].name, name) == 0) {
            *out = (enum data_format)i;
            return STATUS_OK;
        }
    return status_set(STATUS_USAGE, "no format '%s'; choose lmdb, folder or jsonl", name);
}

enum status data_writer_open(struct data_writer **out, const char *folder, enum data_format format) {
    struct data_writer *writer;
    *out = NULL;
    TRY(memory_new(&writer, 1, sizeof *writer));
    writer->kind = formats[format].kind;
    const enum status code = writer->kind->open(&writer->state, folder);
    if (code != STATUS_OK)
        free(writer);
    else
        *out = writer;
    return code;
}

enum status data_writer_put(struct data_writer *writer, const struct data_item *item) {
    if (writer->count == ITEMS_MAX)
        return status_set(STATUS_INVALID, "more than %d images for one data set", ITEMS_MAX);
    TRY(writer->kind->put(writer->state, writer->count + 1, item));
    writer->count++;
    return STATUS_OK;
}

size_t data_writer_count(const struct data_writer *writer) {
    return writer->count;
}

enum status data_writer_close(struct data_writer *writer) {
    const enum status code = writer->kind->finish(writer->state, writer->count);
    data_writer_abandon(writer);
    return code;
}

void data_writer_abandon(struct data_writer *writer) {
    if (writer == NULL)
        return;
    writer->kind->abandon(writer->state);
    free(writer);
}
