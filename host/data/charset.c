#include "data/charset.h"

#include "base/file.h"
#include "base/memory.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

static const char printable[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

static enum status read_characters(struct data_charset *out, const char *path) {
    *out = (struct data_charset){0};
    char *text;
    size_t size;
    TRY(file_read(&text, &size, path, 1 << 22)); /* more than all of Unicode */
    const enum status code = data_charset_parse(out, text, size, path);
    free(text);
    return code;
}

enum status data_charset_open(struct data_charset *out, const char *name) {
    static const struct {
        const char *name;
        size_t count;
    } sets[] = {{"ascii36", 36}, {"ascii62", 62}, {"ascii94", sizeof printable - 1}};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++)
        if (strcmp(name, sets[i].name) == 0)
            return data_charset_parse(out, printable, sets[i].count, name);
    return read_characters(out, name);
}

enum status data_charset_text(const struct data_charset *charset, char **text) {
    TRY(memory_new(text, (size_t)charset->count + 1, 4));
    char *write = *text;
    for (uint32_t i = 0; i < charset->count; i++)
        write += data_utf8_put(write, charset->code_points[i]);
    return STATUS_OK;
}

void data_charset_free(struct data_charset *charset) {
    free(charset->code_points);
    free(charset->sorted);
    *charset = (struct data_charset){0};
}

struct entry {
    uint32_t code_point, index;
};

static int compare_entries(const void *left, const void *right) {
    const struct entry *const a = left, *const b = right;
    return (a->code_point > b->code_point) - (a->code_point < b->code_point);
}

/* Fills `sorted` and refuses a character that occurs twice. */
static enum status sort_characters(struct data_charset *charset, const char *name) {
    struct entry *entries;
    TRY(memory_new(&entries, charset->count, sizeof *entries));
    for (uint32_t i = 0; i < charset->count; i++)
        entries[i] = (struct entry){charset->code_points[i], i};
    qsort(entries, charset->count, sizeof *entries, compare_entries);
    enum status code = STATUS_OK;
    for (uint32_t i = 0; i < charset->count && code == STATUS_OK; i++) {
        charset->sorted[i] = entries[i].index;
        if (i > 0 && entries[i].code_point == entries[i - 1].code_point)
            code = status_set(STATUS_INVALID, "%s: U+%04X stands in the character set twice; remove one",
                              name, entries[i].code_point);
    }
    free(entries);
    return code;
}

static enum status parse_characters(struct data_charset *out, const char *text, size_t size,
                                    const char *name) {
    const char *const start = text, *const end = text + size;
    while (text < end) {
        uint32_t code_point;
        if (!data_utf8_next(&text, end, &code_point))
            return status_set(STATUS_INVALID, "%s: byte %td of the character set is not UTF-8", name,
                              text - start);
        if (code_point != '\n' && code_point != '\r' && code_point != 0xFEFF)
            out->code_points[out->count++] = code_point;
    }
    if (out->count == 0)
        return status_set(STATUS_INVALID, "%s: the character set is empty", name);
    return sort_characters(out, name);
}

enum status data_charset_parse(struct data_charset *out, const char *text, size_t size, const char *name) {
    *out = (struct data_charset){0};
    enum status code;
    TRY_GOTO(code, memory_new(&out->code_points, size, sizeof *out->code_points), failed);
    TRY_GOTO(code, memory_new(&out->sorted, size, sizeof *out->sorted), failed);
    TRY_GOTO(code, parse_characters(out, text, size, name), failed);
    return STATUS_OK;
failed:
    data_charset_free(out);
    return code;
}

bool data_charset_fits(const char *text, size_t steps) {
    return data_text_length(text) + 1 < steps;
}

static int32_t find_exactly(const struct data_charset *charset, uint32_t code_point) {
    uint32_t low = 0, high = charset->count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2, index = charset->sorted[middle];
        if (charset->code_points[index] == code_point)
            return (int32_t)index;
        if (charset->code_points[index] < code_point)
            low = middle + 1;
        else
            high = middle;
    }
    return data_charset_unknown(charset);
}

/* The index of a character, UNK when it is not in the set. */
static int32_t find(const struct data_charset *charset, uint32_t code_point) {
    const int32_t index = find_exactly(charset, code_point);
    const bool capital = code_point >= 'A' && code_point <= 'Z';
    return capital && index == data_charset_unknown(charset) ? find_exactly(charset, code_point - 'A' + 'a')
                                                             : index;
}

bool data_charset_has(const struct data_charset *charset, uint32_t code_point) {
    return find(charset, code_point) != data_charset_unknown(charset);
}

enum status data_charset_encode(const struct data_charset *charset, const char *text, size_t steps,
                                int32_t *target, int32_t *length) {
    const char *cursor = text, *const end = text + strlen(text);
    size_t used = 0;
    uint32_t code_point;
    while (used + 1 < steps && data_utf8_next(&cursor, end, &code_point))
        target[used++] = find(charset, code_point);
    if (used < steps)
        target[used++] = data_charset_eos(charset);
    *length = (int32_t)used;
    while (used < steps)
        target[used++] = data_charset_pad(charset);
    if (cursor < end)
        return status_set(STATUS_INVALID,
                          "the label '%s' has %zu characters or is not UTF-8; at most %zu fit", text,
                          data_text_length(text), steps ? steps - 1 : 0);
    return STATUS_OK;
}

enum status data_charset_decode(const struct data_charset *charset, const int32_t *indices, size_t count,
                                char **text) {
    TRY(memory_new(text, count + 1, 4));
    char *write = *text;
    for (size_t i = 0; i < count && indices[i] != data_charset_eos(charset); i++) {
        if (indices[i] == data_charset_pad(charset) || indices[i] == data_charset_bos(charset))
            continue;
        const bool known = indices[i] >= 0 && indices[i] < (int32_t)charset->count;
        write += data_utf8_put(write, known ? charset->code_points[indices[i]] : 0xFFFD);
    }
    return STATUS_OK;
}
