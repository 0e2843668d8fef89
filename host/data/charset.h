/* charset.h: characters and the class indices a recogniser works with.
 *
 * A set of N characters has the indices 0 .. N - 1, then EOS = N, PAD = N + 1, UNK = N + 2 and BOS = N + 3. A
 * classifier has N + 3 classes (BOS is never predicted), an embedding N + 4 rows. The default set is the 94
 * printable ASCII characters: digits, lower case, upper case, punctuation in ASCII order.
 *
 * A capital letter of ASCII that a set has only as a small one counts as that.
 *
 * Use:
 *
 *     struct data_charset charset;
 *     TRY(data_charset_open(&charset, "ascii94"));
 *     TRY(data_charset_encode(&charset, "word", 25, target, &length));   // length 5: four and EOS
 *     data_charset_free(&charset);
 */
#ifndef MNSP_DATA_CHARSET_H
#define MNSP_DATA_CHARSET_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct data_charset {
    uint32_t count;        /* N */
    uint32_t *code_points; /* (N), by index */
    uint32_t *sorted;      /* (N), indices in ascending order of code point */
};

static inline int32_t data_charset_eos(const struct data_charset *charset) {
    return (int32_t)charset->count;
}
static inline int32_t data_charset_pad(const struct data_charset *charset) {
    return (int32_t)charset->count + 1;
}
static inline int32_t data_charset_unknown(const struct data_charset *charset) {
    return (int32_t)charset->count + 2;
}
static inline int32_t data_charset_bos(const struct data_charset *charset) {
    return (int32_t)charset->count + 3;
}

/* The set of a name: ascii36 (digits and small letters), ascii62 (capital letters too), ascii94 (all that is
 * printable); else a UTF-8 file of them. Errors: those of data_charset_parse() and file_read(). */
MNSP_NODISCARD enum status data_charset_open(struct data_charset *out, const char *name);

/* The characters as a text that data_charset_parse() takes; release with free(). */
MNSP_NODISCARD enum status data_charset_text(const struct data_charset *charset, char **text);

/* The characters of a UTF-8 text in order; line ends between them are ignored. `name` is for messages.
 * Errors: STATUS_INVALID when it is empty, not UTF-8, or holds a character twice. */
MNSP_NODISCARD enum status data_charset_parse(struct data_charset *out, const char *text, size_t size,
                                              const char *name);

void data_charset_free(struct data_charset *charset);

/* Whether a character is in the set. */
bool data_charset_has(const struct data_charset *charset, uint32_t code_point);

/* Whether a label is short enough for training with targets of `steps` places: the field's rule is
 * characters + 1 < steps, one stricter than what would fit. */
bool data_charset_fits(const char *text, size_t steps);

/* Writes target (steps): the indices of the characters, EOS, then PAD; *length counts EOS. A character
 * outside the set is UNK. Errors: STATUS_INVALID when characters + 1 > steps; target then holds the first
 * steps - 1 characters and EOS. */
MNSP_NODISCARD enum status data_charset_encode(const struct data_charset *charset, const char *text,
                                               size_t steps, int32_t *target, int32_t *length);

/* The text of indices up to the first EOS; PAD and BOS give nothing, UNK and what is out of range U+FFFD.
 * Release with free(). */
MNSP_NODISCARD enum status data_charset_decode(const struct data_charset *charset, const int32_t *indices,
                                               size_t count, char **text);

#endif
