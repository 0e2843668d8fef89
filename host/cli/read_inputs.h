/* read_inputs.h: the images that `mnsp read` and `mnsp inspect --attention` are given, one after the other.
 *
 *     struct read_inputs *inputs;
 *     TRY(read_inputs_open(&inputs, operands, count));
 *     for (size_t i = 0; i < read_inputs_count(inputs); i++) {
 *         TRY(read_inputs_name(inputs, i, &name));
 *         status = read_inputs_image(inputs, i, &image);        one that is bad stops nothing
 *     }
 *     read_inputs_close(inputs);
 *
 * A file is an image, unless its name ends in .tsv, .txt, .json or .jsonl: then it is a list of images.
 * Lists, folders, LMDBs and "render:..." are read as data/source.h says; labels do not matter.
 */
#ifndef MNSP_CLI_READ_INPUTS_H
#define MNSP_CLI_READ_INPUTS_H

#include "data/image.h"

#include <stdbool.h>

struct read_inputs;

/* Looks at what was named. What cannot be opened counts as an image that cannot be read.
 * Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status read_inputs_open(struct read_inputs **out, const char *const *operands,
                                            size_t count);
void read_inputs_close(struct read_inputs *inputs);

size_t read_inputs_count(const struct read_inputs *inputs);

/* What to call image i < count: its path, or "folder: image-000000001". Release with free(). */
MNSP_NODISCARD enum status read_inputs_name(const struct read_inputs *inputs, size_t i, char **name);

/* Reads and decodes image i. Errors: those of data_image_read() and data_set_read(), or why what was
 * named could not be opened. */
MNSP_NODISCARD enum status read_inputs_image(const struct read_inputs *inputs, size_t i,
                                             struct data_image *image);

/* Which pixels of the image i are text: data_ink_find() of data/ink.h. */
MNSP_NODISCARD enum status read_inputs_ink(const struct read_inputs *inputs, size_t i,
                                           const struct data_image *image, uint32_t height, uint32_t width,
                                           float *ink, bool *known);

#endif
