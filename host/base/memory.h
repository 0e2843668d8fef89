/* memory.h: host memory with a status instead of a null pointer, and with products checked. */
#ifndef MNSP_BASE_MEMORY_H
#define MNSP_BASE_MEMORY_H

#include "base/status.h"

#include <stddef.h>

/* Allocates count * size zeroed bytes and stores the pointer at *out (any object pointer's address). A
 * request for nothing gives a valid pointer. Errors: STATUS_MEMORY, also when the product overflows.
 * Release with free(). */
MNSP_NODISCARD enum status memory_new(void *out, size_t count, size_t size);

/* Grows the array at *array (capacity *capacity elements of `size` bytes) so that it holds at least
 * `needed` elements, doubling; what was there stays, the rest is zero. Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status memory_reserve(void *array, size_t *capacity, size_t needed, size_t size);

/* A copy of `text`, released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status memory_copy_text(char **out, const char *text);

/* printf into a fresh string, released with free(). Errors: STATUS_MEMORY. */
MNSP_NODISCARD enum status memory_format(char **out, const char *format, ...) MNSP_PRINTF(2, 3);

#endif
