#include "base/buffer.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

static bool reserve(struct buffer *buffer, size_t more) {
    if (!buffer->failed)
        buffer->failed =
            memory_reserve(&buffer->bytes, &buffer->capacity, buffer->used + more + 1, 1) != STATUS_OK;
    return !buffer->failed;
}

void buffer_add_bytes(struct buffer *buffer, const void *bytes, size_t count) {
    if (!reserve(buffer, count))
        return;
    memcpy(buffer->bytes + buffer->used, bytes, count);
    buffer->used += count;
    buffer->bytes[buffer->used] = '\0';
}

void buffer_add(struct buffer *buffer, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0 || !reserve(buffer, (size_t)length))
        return;
    va_start(arguments, format);
    vsnprintf(buffer->bytes + buffer->used, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->used += (size_t)length;
}

void buffer_add_xml(struct buffer *buffer, const char *text) {
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        const char *const entity = c == '<'                            ? "&lt;"
                                   : c == '>'                          ? "&gt;"
                                   : c == '&'                          ? "&amp;"
                                   : c == '"'                          ? "&quot;"
                                   : c == '\''                         ? "&#39;"
                                   : c < ' ' && c != '\n' && c != '\t' ? "?"
                                                                       : NULL;
        if (entity != NULL)
            buffer_add_bytes(buffer, entity, strlen(entity));
        else
            buffer_add_bytes(buffer, text, 1);
    }
}

void buffer_add_shell(struct buffer *buffer, const char *text) {
    buffer_add_bytes(buffer, "'", 1);
    for (; *text != '\0'; text++)
        if (*text == '\'')
            buffer_add_bytes(buffer, "'\\''", 4);
        else
            buffer_add_bytes(buffer, text, 1);
    buffer_add_bytes(buffer, "'", 1);
}

enum status buffer_status(const struct buffer *buffer) {
    return buffer->failed ? status_set(STATUS_MEMORY, "out of memory while writing a report") : STATUS_OK;
}
