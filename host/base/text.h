/* text.h: small helpers for words: is a name known, and which known names come near a mistyped one.
 *
 *     struct text_near near = text_near_start("mask_ration");
 *     for (size_t i = 0; i < count; i++)
 *         text_near_offer(&near, names[i]);
 *     char hint[TEXT_HINT_SIZE];
 *     return status_set(STATUS_USAGE, "unknown setting '%s'%s", near.word, text_near_hint(&near, hint));
 *
 * gives "unknown setting 'mask_ration'; did you mean 'mask_ratio'?".
 */
#ifndef MNSP_BASE_TEXT_H
#define MNSP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { TEXT_HINT_SIZE = 320, TEXT_NEAR_COUNT = 3 };

/* The best names offered so far, nearest first. Keeps the pointers that it was offered. */
struct text_near {
    const char *word;
    const char *names[TEXT_NEAR_COUNT];
    size_t distances[TEXT_NEAR_COUNT];
    size_t count;
};

struct text_near text_near_start(const char *word);

/* Considers `name`; names too far from the word to be what was meant are ignored. */
void text_near_offer(struct text_near *near, const char *name);

/* Writes "; did you mean 'a', 'b' or 'c'?" into `hint` (TEXT_HINT_SIZE bytes), or "" when nothing came
 * near, and returns it. */
const char *text_near_hint(const struct text_near *near, char *hint);

/* The number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (the
 * optimal string alignment distance). Looks at the first 127 bytes of each. */
size_t text_distance(const char *a, const char *b);

bool text_ends_with(const char *text, const char *ending);

#endif
