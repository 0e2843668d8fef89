/* render_words.c: what rendered images say. */
#include "base/file.h"
#include "base/memory.h"
#include "data/render.h"
#include "data/text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_FILE_MAX = 1 << 28 };

void render_words_close(struct render_words *words) {
    free(words->text);
    free(words->word);
    *words = (struct render_words){0};
}

static enum status add_word(struct render_words *words, const char *word) {
    TRY(memory_reserve(&words->word, &words->capacity, words->count + 1, sizeof *words->word));
    words->word[words->count++] = word;
    return STATUS_OK;
}

/* Cuts the file into its lines. */
static enum status cut_lines(struct render_words *words, size_t size, const char *path) {
    char *line = words->text, *const end = words->text + size;
    for (size_t number = 1; line < end; number++) {
        char *const newline = memchr(line, '\n', (size_t)(end - line));
        char *stop = newline ? newline : end;
        char *const next = stop + 1;
        if (stop > line && stop[-1] == '\r')
            stop--;
        *stop = '\0';
        const size_t length = (size_t)(stop - line);
        if (!data_text_valid(line, length) || data_text_length(line) > RENDER_CHARACTERS_MAX)
            return status_set(STATUS_INVALID, "%s:%zu: not UTF-8 text of at most %d characters", path, number,
                              RENDER_CHARACTERS_MAX);
        if (length > 0)
            TRY(add_word(words, line));
        line = next;
    }
    if (words->count == 0)
        return status_set(STATUS_INVALID, "%s: no words in it", path);
    return STATUS_OK;
}

enum status render_words_open(struct render_words *out, const char *path) {
    *out = (struct render_words){0};
    enum status code;
    size_t size;
    if (path != NULL) {
        TRY_GOTO(code, file_read(&out->text, &size, path, WORD_FILE_MAX), failed);
        TRY_GOTO(code, cut_lines(out, size, path), failed);
        return STATUS_OK;
    }
    out->vary = true;
    for (const char *const *word = render_builtin_words; *word != NULL; word++)
        TRY_GOTO(code, add_word(out, *word), failed);
    return STATUS_OK;
failed:
    render_words_close(out);
    return code;
}

/* 0: lower, 1: Capital, 2: UPPER case; other letters than those of ASCII stay as they are. */
static void change_case(char *text, uint32_t kind) {
    for (size_t i = 0; text[i] != '\0'; i++)
        if (kind == 2 || (kind == 1 && i == 0))
            text[i] = (char)toupper((unsigned char)text[i]);
        else
            text[i] = (char)tolower((unsigned char)text[i]);
}

/* A word as it stands in a sentence, a list or a name. */
static enum status punctuate(struct philox *random, char **text) {
    static const char *const forms[] = {"%s.",  "%s,", "%s!", "%s?", "%s:", "%s;", "%s's", "\"%s\"", "(%s)",
                                        "'%s'", "#%s", "@%s", "&%s", "%s-", "-%s", "*%s",  "%s...",  "%s/"};
    const char *const form = forms[philox_next_below(random, sizeof forms / sizeof forms[0])];
    const char *const hole = strstr(form, "%s");
    char *const plain = *text;
    const enum status code = memory_format(text, "%.*s%s%s", (int)(hole - form), form, plain, hole + 2);
    free(plain);
    return code;
}

/* An invented word that can be spoken: names are such, and a reader should not only know the list. */
static enum status invented_text(struct philox *random, char **text) {
    static const char *const first[] = {"b", "br", "c", "ch", "d",  "f", "g",  "h", "j", "k", "l",  "m", "n",
                                        "p", "qu", "r", "s",  "sh", "t", "tr", "v", "w", "y", "st", "",  "z"};
    static const char *const vowel[] = {"a", "e", "i", "o", "u", "ai", "ea", "ee", "oo", "ou", "y"};
    static const char *const last[] = {"", "", "n", "r", "s", "l", "t", "ng", "ck", "rd", "m", "x", "ll"};
    enum { SYLLABLE = 8, SYLLABLES_MAX = 3 };
    char word[SYLLABLE * SYLLABLES_MAX + 1] = "";
    for (uint32_t left = 1 + philox_next_below(random, SYLLABLES_MAX); left > 0; left--) {
        strcat(word, first[philox_next_below(random, sizeof first / sizeof first[0])]);
        strcat(word, vowel[philox_next_below(random, sizeof vowel / sizeof vowel[0])]);
        strcat(word, last[philox_next_below(random, sizeof last / sizeof last[0])]);
    }
    change_case(word, philox_next_below(random, 3));
    return memory_copy_text(text, word);
}

/* A price, a year, a time, a telephone number, a share. */
static enum status number_text(struct philox *random, char **text) {
    const uint32_t a = philox_next_below(random, 100), b = philox_next_below(random, 10000);
    switch (philox_next_below(random, 6)) {
    case 0:
        return memory_format(text, "$%u.%02u", a, b % 100);
    case 1:
        return memory_format(text, "%u", 1900 + b % 150);
    case 2:
        return memory_format(text, "%u:%02u", a % 24, b % 60);
    case 3:
        return memory_format(text, "%u-%04u", 100 + a, b);
    case 4:
        return memory_format(text, "%u%%", a);
    default:
        return memory_format(text, "%u", b);
    }
}

/* One to ten printable characters, half of them letters and digits alone. */
static enum status random_text(struct philox *random, char **text) {
    static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const uint32_t length = 1 + philox_next_below(random, 10), any = philox_next_below(random, 2);
    TRY(memory_new(text, length + 1, 1));
    for (uint32_t i = 0; i < length; i++)
        (*text)[i] = any ? (char)('!' + philox_next_below(random, '~' - '!' + 1))
                         : letters[philox_next_below(random, sizeof letters - 1)];
    return STATUS_OK;
}

enum status render_words_choose(const struct render_words *words, struct philox *random, char **text) {
    const float kind = philox_next_uniform(random);
    if (words->vary && kind < 0.12f)
        return random_text(random, text);
    if (words->vary && kind < 0.22f)
        return number_text(random, text);
    if (words->vary && kind < 0.37f)
        return invented_text(random, text);
    const char *const word = words->word[philox_next_below(random, (uint32_t)words->count)];
    TRY(memory_copy_text(text, word));
    if (!words->vary)
        return STATUS_OK;
    /* A list may hold names, whose case is right as it is. */
    const uint32_t change = philox_next_below(random, 10);
    if (change < 9)
        change_case(*text, change / 3);
    return philox_next_uniform(random) < 0.1f ? punctuate(random, text) : STATUS_OK;
}
