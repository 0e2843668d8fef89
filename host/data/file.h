/* file.h: whole files into memory. Inside the data room only. */
#ifndef MNSP_DATA_FILE_H
#define MNSP_DATA_FILE_H

#include "base/status.h"

#include <stddef.h>

/* Reads a regular file of at most `limit` bytes; a zero byte follows the last one. Release with free().
 * Errors: STATUS_IO when it cannot be read, STATUS_INVALID when it is no file or too long, STATUS_MEMORY. */
MNSP_NODISCARD enum status data_file_read(char **bytes, size_t *size, const char *path, size_t limit);

#endif
