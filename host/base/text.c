#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_WORD = 127 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

size_t text_distance(const char *a, const char *b) {
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    const size_t length_a = strnlen(a, LONGEST_WORD), length_b = strnlen(b, LONGEST_WORD);
    for (size_t j = 0; j <= length_b; j++)
        previous[j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        current[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            const size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1]);
            current[j] = smaller(replaced, smaller(previous[j], current[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = smaller(current[j], before[j - 2] + 1);
        }
        size_t *const oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[length_b];
}

struct text_near text_near_start(const char *word) {
    return (struct text_near){.word = word};
}

void text_near_offer(struct text_near *near, const char *name) {
    size_t distance = text_distance(near->word, name);
    const size_t length = strlen(near->word);
    /* "rate" may well mean "base_rate", though three quarters of it would have to be typed. */
    const bool contained = length >= 3 && strstr(name, near->word) != NULL;
    if (!contained && distance > (length < 6 ? 1 : length / 3))
        return;
    if (contained)
        distance = smaller(distance, 2);
    size_t place = near->count;
    while (place > 0 && near->distances[place - 1] > distance)
        place--;
    if (place == TEXT_NEAR_COUNT)
        return;
    if (near->count < TEXT_NEAR_COUNT)
        near->count++;
    for (size_t i = near->count - 1; i > place; i--) {
        near->names[i] = near->names[i - 1];
        near->distances[i] = near->distances[i - 1];
    }
    near->names[place] = name;
    near->distances[place] = distance;
}

const char *text_near_hint(const struct text_near *near, char *hint) {
    hint[0] = '\0';
    size_t used = 0;
    for (size_t i = 0; i < near->count; i++) {
        const char *const joint = i == 0 ? "; did you mean " : i + 1 < near->count ? ", " : " or ";
        const int written = snprintf(hint + used, TEXT_HINT_SIZE - used, "%s'%.80s'%s", joint, near->names[i],
                                     i + 1 == near->count ? "?" : "");
        used += (size_t)written;
    }
    return hint;
}

bool text_ends_with(const char *text, const char *ending) {
    const size_t length = strlen(text), tail = strlen(ending);
    return length >= tail && memcmp(text + length - tail, ending, tail) == 0;
}
