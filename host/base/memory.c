#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status memory_new(void *out, size_t count, size_t size) {
    void *const memory = calloc(count ? count : 1, size ? size : 1);
    memcpy(out, &memory, sizeof memory);
    if (memory == NULL)
        return status_set(STATUS_MEMORY, "out of memory: %zu x %zu bytes asked for", count, size);
    return STATUS_OK;
}

enum status memory_reserve(void *array, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity)
        return STATUS_OK;
    size_t wanted = *capacity ? *capacity : 16;
    while (wanted < needed)
        wanted = wanted > SIZE_MAX / 2 ? needed : wanted * 2;
    void *memory;
    memcpy(&memory, array, sizeof memory);
    if (wanted > SIZE_MAX / size)
        return status_set(STATUS_MEMORY, "out of memory: %zu x %zu bytes asked for", wanted, size);
    void *const larger = realloc(memory, wanted * size);
    if (larger == NULL)
        return status_set(STATUS_MEMORY, "out of memory: %zu x %zu bytes asked for", wanted, size);
    memset((char *)larger + *capacity * size, 0, (wanted - *capacity) * size);
    memcpy(array, &larger, sizeof larger);
    *capacity = wanted;
    return STATUS_OK;
}

enum status memory_copy_text(char **out, const char *text) {
    return memory_format(out, "%s", text);
}

enum status memory_format(char **out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    *out = NULL;
    if (length < 0)
        return status_set(STATUS_INTERNAL, "a text could not be formatted");
    TRY(memory_new(out, (size_t)length + 1, 1));
    va_start(arguments, format);
    vsnprintf(*out, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return STATUS_OK;
}
