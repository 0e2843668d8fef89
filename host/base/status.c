#include "base/status.h"

#include <stdio.h>
#include <string.h>

#undef status_set /* what static analysis sees of them */
#undef status_context

enum { MESSAGE_SIZE = 1024 };

static _Thread_local char message[MESSAGE_SIZE];

/* A message is one line whatever stood in the file names or texts that went into it. */
static void flatten_lines(char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ')
            *text = ' ';
}

enum status status_set(enum status code, const char *format, ...) {
    char next[MESSAGE_SIZE]; /* an argument may be the stored message itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(next, sizeof next, format, arguments);
    va_end(arguments);
    flatten_lines(next);
    memcpy(message, next, sizeof message);
    return code;
}

enum status status_context(enum status code, const char *format, ...) {
    char next[2 * MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(next, MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    const size_t used = written < 0 ? 0 : written < MESSAGE_SIZE ? (size_t)written : MESSAGE_SIZE - 1;
    snprintf(next + used, sizeof next - used, ": %s", message);
    next[MESSAGE_SIZE - 1] = '\0';
    flatten_lines(next);
    memcpy(message, next, sizeof message);
    return code;
}

const char *status_message(void) {
    return message;
}
