/* writer.h: data sets in the field's formats, written item by item.
 *
 *     TRY(data_writer_open(&writer, "folder", DATA_FORMAT_LMDB));     // a folder that is there and empty
 *     TRY(data_writer_put(writer, &(struct data_item){bytes, size, "word"}));
 *     TRY(data_writer_close(writer));
 *
 * Images are written as they are, encoded. Formats:
 *
 *     lmdb     data.mdb with num-samples, image-%09d, label-%09d, counted from 1
 *     folder   images/000000/000000001.jpg ..., a thousand to a folder, and labels.tsv
 *     jsonl    the same images, and annotation.jsonl with {"filename": path, "text": text}
 *
 * All three are read by data_set_open(). Write into a stage (base/stage.h) to have all or nothing.
 */
#ifndef MNSP_DATA_WRITER_H
#define MNSP_DATA_WRITER_H

#include "base/status.h"

#include <stddef.h>

enum data_format { DATA_FORMAT_LMDB, DATA_FORMAT_FOLDER, DATA_FORMAT_JSONL, DATA_FORMAT_COUNT };

/* The format by its name, as above. Errors: STATUS_USAGE. */
MNSP_NODISCARD enum status data_format_parse(enum data_format *out, const char *name);

struct data_item {
    const char *bytes; /* of the encoded image: JPEG, PNG or BMP */
    size_t size;
    const char *label; /* UTF-8 without control characters; NULL: none */
};

struct data_writer;

MNSP_NODISCARD enum status data_writer_open(struct data_writer **out, const char *folder,
                                            enum data_format format);

/* Errors: STATUS_IO when the disk is full or refuses; STATUS_INVALID beyond 999,999,999 items or for bytes of
 * another kind than data_image_ending() knows; STATUS_MEMORY. */
MNSP_NODISCARD enum status data_writer_put(struct data_writer *writer, const struct data_item *item);

/* Items written so far. */
size_t data_writer_count(const struct data_writer *writer);

/* Writes what is still to be written and releases the writer, also on failure. */
MNSP_NODISCARD enum status data_writer_close(struct data_writer *writer);

/* Releases it, leaving the files as they are; NULL is fine. */
void data_writer_abandon(struct data_writer *writer);

#endif
