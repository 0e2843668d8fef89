#include "conformance/random_sizes.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MOST = 24, PIECE = 64 };

struct drawn {
    struct {
        char name[PIECE];
        uint64_t value;
    } items[ITEMS_MOST];
    size_t count;
    struct philox *random;
};

/* Copies up to the first of `ends`; returns what follows it, NULL at the end of the text. */
static const char *cut(char out[PIECE], const char *text, const char *ends) {
    const size_t length = strcspn(text, ends);
    snprintf(out, PIECE, "%.*s", (int)length, text);
    return text[length] != '\0' ? text + length + 1 : NULL;
}

/* One half by the logarithm, a quarter beside a power of two, a quarter evenly. */
static uint64_t draw_between(uint64_t low, uint64_t high, struct philox *random) {
    const uint32_t manner = philox_next_below(random, 4);
    uint64_t value = low + philox_next_below(random, (uint32_t)(high - low + 1));
    const double first = log2((double)low + 1), last = log2((double)high + 2);
    const double exponent = first + (last - first) * (double)philox_next_uniform(random);
    if (manner < 2)
        value = (uint64_t)exp2(exponent) - 1;
    else if (manner == 2)
        value = ((uint64_t)1 << (unsigned)exponent) + philox_next_below(random, 3) - 1;
    return value < low ? low : value > high ? high : value;
}

/* A number, a range, or the name of an item; false when it is none. */
static bool draw_factor(uint64_t *out, struct drawn *drawn, const char *text) {
    for (size_t i = 0; i < drawn->count; i++)
        if (strcmp(drawn->items[i].name, text) == 0) {
            *out = drawn->items[i].value;
            return true;
        }
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    *out = strtoull(text, &end, 10);
    if (*end == '\0')
        return true;
    if (strncmp(end, "..", 2) != 0 || end[2] < '0' || end[2] > '9')
        return false;
    const uint64_t high = strtoull(end + 2, &end, 10);
    if (*end != '\0' || high < *out || high >= UINT32_MAX)
        return false;
    *out = draw_between(*out, high, drawn->random);
    return true;
}

/* A sum of products. */
static bool draw_number(uint64_t *out, struct drawn *drawn, const char *text) {
    *out = 0;
    for (const char *term = text; term != NULL;) {
        char product[PIECE], factor[PIECE];
        uint64_t value = 1, next;
        term = cut(product, term, "+");
        for (const char *rest = product; rest != NULL; value *= next) {
            rest = cut(factor, rest, "*");
            if (!draw_factor(&next, drawn, factor))
                return false;
        }
        *out += value;
    }
    return true;
}

/* One of the alternatives. */
static void choose(char out[PIECE], const char *alternatives, struct philox *random) {
    uint32_t count = 1;
    for (const char *at = alternatives; *at != '\0'; at++)
        count += *at == '|';
    const char *rest = alternatives;
    for (uint32_t left = philox_next_below(random, count); left > 0; left--)
        rest = strchr(rest, '|') + 1;
    cut(out, rest, "|");
}

enum status random_sizes(char *out, size_t size, const char *pattern, struct philox *random) {
    struct drawn drawn = {.random = random};
    size_t used = 0;
    out[0] = '\0';
    for (const char *rest = pattern; rest != NULL;) {
        char item[PIECE], name[PIECE], value[PIECE], number[PIECE];
        rest = cut(item, rest, ",");
        const char *const alternatives = cut(name, item, "=");
        if (alternatives == NULL || drawn.count == ITEMS_MOST)
            return status_set(STATUS_INTERNAL, "the pattern '%s': '%s' is not name=value, or one too many",
                              pattern, item);
        choose(value, alternatives, random);
        if (value[0] == '\0')
            continue;
        uint64_t drawn_number = 0;
        if (draw_number(&drawn_number, &drawn, value))
            snprintf(number, sizeof number, "%llu", (unsigned long long)drawn_number);
        else
            strcpy(number, value);
        strcpy(drawn.items[drawn.count].name, name);
        drawn.items[drawn.count++].value = drawn_number;
        used += (size_t)snprintf(out + used, size - used, "%s%s=%s", used ? "," : "", name, number);
        if (used >= size)
            return status_set(STATUS_INTERNAL, "the pattern '%s' gives more than %zu characters", pattern,
                              size - 1);
    }
    return STATUS_OK;
}
