/* text.h: UTF-8 and the comparison of words. */
#ifndef MNSP_DATA_TEXT_H
#define MNSP_DATA_TEXT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads one code point at *cursor, before `end`, and moves the cursor behind it. False, with the cursor where
 * it was, at the end and at anything that is not UTF-8: overlong forms, surrogates, beyond U+10FFFF. */
bool data_utf8_next(const char **cursor, const char *end, uint32_t *code_point);

/* Writes one code point, without a zero byte; returns its number of bytes, 1 to 4. */
size_t data_utf8_put(char out[4], uint32_t code_point);

/* Whether `size` bytes are UTF-8 without control characters: what a label must be. */
bool data_text_valid(const char *text, size_t size);

/* The number of code points of valid text. */
size_t data_text_length(const char *text);

/* The form in which words are compared ignoring case and symbols (WAICS): letters and digits of ASCII, in
 * lower case, and Chinese characters U+4E00 to U+9FA5; the rest is dropped. Release with free(). */
MNSP_NODISCARD enum status data_text_waics(char **out, const char *text);

#endif
