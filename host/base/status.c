#include "base/status.h"

#include <stdio.h>
#include <string.h>

#undef status_set /* what static analysis sees of them */
#undef status_context

static _Thread_local char message[STATUS_MESSAGE_SIZE];

/* A message is one line whatever stood in the file names or texts that went into it. */
static void flatten_lines(char *text) {
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ')
            *text = ' ';
}

enum status status_set(enum status code, const char *format, ...) {
    char next[STATUS_MESSAGE_SIZE]; /* an argument may be the stored message itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(next, sizeof next, format, arguments);
    va_end(arguments);
    flatten_lines(next);
    memcpy(message, next, sizeof message);
    return code;
}

enum status status_context(enum status code, const char *format, ...) {
    char next[2 * STATUS_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(next, STATUS_MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    const size_t used = written < 0                     ? 0
                        : written < STATUS_MESSAGE_SIZE ? (size_t)written
                                                        : STATUS_MESSAGE_SIZE - 1;
    snprintf(next + used, sizeof next - used, ": %s", message);
    next[STATUS_MESSAGE_SIZE - 1] = '\0';
    flatten_lines(next);
    memcpy(message, next, sizeof message);
    return code;
}

const char *status_message(void) {
    return message;
}
