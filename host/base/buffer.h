/* buffer.h: a text that grows; the first failure is kept, so that writers read like what they write.
 *
 *     struct buffer buffer = {0};
 *     buffer_add(&buffer, "<td>%zu</td>", count);
 *     buffer_add_xml(&buffer, name);
 *     TRY(buffer_status(&buffer));
 *     ... buffer.bytes, buffer.used ...
 *     free(buffer.bytes);
 */
#ifndef MNSP_BASE_BUFFER_H
#define MNSP_BASE_BUFFER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    char *bytes; /* ends with a zero that `used` does not count; NULL while empty */
    size_t used, capacity;
    bool failed; /* out of memory */
};

void buffer_add(struct buffer *buffer, const char *format, ...) MNSP_PRINTF(2, 3);

void buffer_add_bytes(struct buffer *buffer, const void *bytes, size_t count);

/* The text with the characters escaped that mean something in XML and HTML; control characters that XML does
 * not have become '?'. */
void buffer_add_xml(struct buffer *buffer, const char *text);

/* The text in single quotes, as a shell reads it. */
void buffer_add_shell(struct buffer *buffer, const char *text);

/* Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status buffer_status(const struct buffer *buffer);

#endif
