#include "train/settings.h"

#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ---- */

/* clang-format off */
#define CHOICES(name)            static const char *const name##_words[] = {
#define CHOICE(enumerator, word) [enumerator] = word,
#define END_CHOICES              NULL};
/* clang-format on */
#include "train/settings.def"

#define ROW(group_, name_, kind_, help_)                                                                     \
    .name = #name_, .help = help_, .kind = kind_, .group = SETTINGS_##group_,                                \
    .offset = offsetof(struct settings, name_)

static const struct setting table[] = {
#define INTEGER(group, name, standard, lowest, highest, help)                                                \
    {ROW(group, name, SETTINGS_INTEGER, help), .lowest_integer = lowest, .highest_integer = highest},
#define REAL(group, name, standard, low, high, help)                                                         \
    {ROW(group, name, SETTINGS_REAL, help), .lowest = low, .highest = high},
#define BOOLEAN(group, name, standard, help) {ROW(group, name, SETTINGS_BOOLEAN, help)},
#define CHOICE_OF(choices, group, name, standard, help)                                                      \
    {ROW(group, name, SETTINGS_CHOICE, help), .words = choices##_words},
#define TEXT(group, name, standard, help) {ROW(group, name, SETTINGS_TEXT, help)},
#include "train/settings.def"
};

enum { COUNT = sizeof table / sizeof *table, NAME_SIZE = 64 };

void settings_defaults(struct settings *out) {
    *out = (struct settings){
#define INTEGER(group, name, standard, lowest, highest, help) .name = standard,
#define REAL(group, name, standard, lowest, highest, help)    .name = standard,
#define BOOLEAN(group, name, standard, help)                  .name = standard,
#define CHOICE_OF(choices, group, name, standard, help)       .name = standard,
#define TEXT(group, name, standard, help)                     .name = standard,
#include "train/settings.def"
    };
}

const struct setting *settings_table(void) {
    return table;
}

size_t settings_count(void) {
    return COUNT;
}

/* Dashes as underscores; a name too long is cut, and then is no setting's. */
static void plain_name(char *out, const char *name) {
    snprintf(out, NAME_SIZE, "%s", name);
    for (char *letter = out; *letter != '\0'; letter++)
        if (*letter == '-')
            *letter = '_';
}

const struct setting *settings_find(const char *name) {
    char plain[NAME_SIZE];
    plain_name(plain, name);
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(table[i].name, plain) == 0)
            return &table[i];
    return NULL;
}

const char *settings_group_name(enum settings_group group) {
    static const char *const names[SETTINGS_GROUP_COUNT] = {
        [SETTINGS_MODEL] = "model", [SETTINGS_RECOGNISER] = "recogniser", [SETTINGS_OBJECTIVE] = "objective",
        [SETTINGS_DATA] = "data",   [SETTINGS_OPTIMISER] = "optimiser",   [SETTINGS_RUN] = "run",
    };
    return names[group];
}

static size_t size_of(const struct setting *row) {
    switch (row->kind) {
    case SETTINGS_INTEGER:
        return sizeof(int64_t);
    case SETTINGS_REAL:
        return sizeof(double);
    case SETTINGS_BOOLEAN:
        return sizeof(bool);
    case SETTINGS_CHOICE:
        return sizeof(enum settings_objective);
    case SETTINGS_TEXT:
        return SETTINGS_TEXT_SIZE;
    }
    return 0;
}

/* ---- values as text ---- */

/* The shortest decimal that reads back as the same number. */
static void format_real(char *out, double value) {
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(out, SETTINGS_TEXT_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            return;
    }
}

const char *settings_format(const struct settings *settings, const struct setting *row, char *out) {
    const char *const field = (const char *)settings + row->offset;
    switch (row->kind) {
    case SETTINGS_INTEGER:
        snprintf(out, SETTINGS_TEXT_SIZE, "%" PRId64, *(const int64_t *)field);
        break;
    case SETTINGS_REAL:
        format_real(out, *(const double *)field);
        break;
    case SETTINGS_BOOLEAN:
        snprintf(out, SETTINGS_TEXT_SIZE, "%s", *(const bool *)field ? "true" : "false");
        break;
    case SETTINGS_CHOICE: {
        unsigned choice;
        memcpy(&choice, field, sizeof choice);
        snprintf(out, SETTINGS_TEXT_SIZE, "%s", row->words[choice]);
        break;
    }
    case SETTINGS_TEXT:
        snprintf(out, SETTINGS_TEXT_SIZE, "%s", field);
        break;
    }
    return out;
}

static void append(char *out, const char *text) {
    const size_t used = strlen(out);
    snprintf(out + used, SETTINGS_TEXT_SIZE - used, "%s", text);
}

static const char *range_of_reals(double lowest, double highest, char *out) {
    char high[SETTINGS_TEXT_SIZE];
    format_real(out, lowest);
    format_real(high, highest);
    append(out, " .. ");
    append(out, high);
    return out;
}

const char *settings_range(const struct setting *row, char *out) {
    out[0] = '\0';
    switch (row->kind) {
    case SETTINGS_INTEGER:
        if (row->highest_integer == INT64_MAX)
            snprintf(out, SETTINGS_TEXT_SIZE, "%" PRId64 " or more", row->lowest_integer);
        else
            snprintf(out, SETTINGS_TEXT_SIZE, "%" PRId64 " .. %" PRId64, row->lowest_integer,
                     row->highest_integer);
        break;
    case SETTINGS_REAL:
        return range_of_reals(row->lowest, row->highest, out);
    case SETTINGS_BOOLEAN:
        append(out, "true | false");
        break;
    case SETTINGS_CHOICE:
        for (size_t i = 0; row->words[i] != NULL; i++) {
            append(out, i ? " | " : "");
            append(out, row->words[i]);
        }
        break;
    case SETTINGS_TEXT:
        append(out, "a text");
        break;
    }
    return out;
}

/* ---- setting one ---- */

static enum status wrong_value(const struct setting *row, const char *text) {
    char range[SETTINGS_TEXT_SIZE];
    return status_set(STATUS_USAGE, "setting '%s' is '%.80s', expected %s%s", row->name, text,
                      row->kind == SETTINGS_INTEGER ? "an integer, "
                      : row->kind == SETTINGS_REAL  ? "a number, "
                                                    : "",
                      settings_range(row, range));
}

static enum status set_integer(void *field, const struct setting *row, const char *text) {
    char *end;
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || value < row->lowest_integer ||
        value > row->highest_integer)
        return wrong_value(row, text);
    *(int64_t *)field = value;
    return STATUS_OK;
}

static enum status set_real(void *field, const struct setting *row, const char *text) {
    char *end;
    const double value = strtod(text, &end);
    if (end == text || *end != '\0' || !(value >= row->lowest && value <= row->highest))
        return wrong_value(row, text);
    *(double *)field = value;
    return STATUS_OK;
}

static enum status set_boolean(void *field, const struct setting *row, const char *text) {
    const bool value = strcmp(text, "true") == 0;
    if (!value && strcmp(text, "false") != 0)
        return wrong_value(row, text);
    *(bool *)field = value;
    return STATUS_OK;
}

static enum status set_choice(void *field, const struct setting *row, const char *text) {
    for (unsigned i = 0; row->words[i] != NULL; i++) {
        if (strcmp(row->words[i], text) == 0) {
            memcpy(field, &i, sizeof i);
            return STATUS_OK;
        }
    }
    return wrong_value(row, text);
}

static enum status set_text(void *field, const struct setting *row, const char *text) {
    const size_t length = strlen(text);
    if (length >= SETTINGS_TEXT_SIZE)
        return status_set(STATUS_USAGE, "setting '%s' is longer than %d bytes", row->name,
                          SETTINGS_TEXT_SIZE - 1);
    json_t *const writable = json_string(text); /* it has to go into checkpoints */
    if (writable == NULL)
        return status_set(STATUS_USAGE, "setting '%s' is not UTF-8 text", row->name);
    json_decref(writable);
    memset(field, 0, SETTINGS_TEXT_SIZE);
    memcpy(field, text, length);
    return STATUS_OK;
}

static enum status set_row(struct settings *settings, const struct setting *row, const char *text) {
    void *const field = (char *)settings + row->offset;
    switch (row->kind) {
    case SETTINGS_INTEGER:
        return set_integer(field, row, text);
    case SETTINGS_REAL:
        return set_real(field, row, text);
    case SETTINGS_BOOLEAN:
        return set_boolean(field, row, text);
    case SETTINGS_CHOICE:
        return set_choice(field, row, text);
    case SETTINGS_TEXT:
        return set_text(field, row, text);
    }
    return status_set(STATUS_INTERNAL, "setting '%s' has no kind", row->name);
}

static enum status unknown(const char *name) {
    struct text_near near = text_near_start(name);
    for (size_t i = 0; i < COUNT; i++)
        text_near_offer(&near, table[i].name);
    char hint[TEXT_HINT_SIZE];
    return status_set(STATUS_USAGE, "unknown setting '%.80s'%s", name, text_near_hint(&near, hint));
}

enum status settings_set(struct settings *settings, const char *name, const char *text) {
    char plain[NAME_SIZE];
    plain_name(plain, name);
    const struct setting *row = settings_find(plain);
    if (row == NULL && strncmp(plain, "no_", 3) == 0) {
        row = settings_find(plain + 3);
        if (row != NULL && row->kind != SETTINGS_BOOLEAN)
            row = NULL;
        if (row != NULL && text != NULL)
            return status_set(STATUS_USAGE, "'%s' takes no value", name);
        if (row != NULL)
            return set_row(settings, row, "false");
    }
    if (row == NULL)
        return unknown(plain);
    if (text == NULL && row->kind != SETTINGS_BOOLEAN)
        return status_set(STATUS_USAGE, "setting '%s' needs a value", row->name);
    return set_row(settings, row, text == NULL ? "true" : text);
}

void settings_copy_group(struct settings *to, const struct settings *from, enum settings_group group) {
    for (size_t i = 0; i < COUNT; i++)
        if (table[i].group == group)
            memcpy((char *)to + table[i].offset, (const char *)from + table[i].offset, size_of(&table[i]));
}
