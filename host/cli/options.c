/* options.c: the command line, and the help that describes it. */
#include "cli/options.h"
#include "cli/share.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct given {
    const char *name, *text; /* text NULL: a flag */
    bool is_setting;
};

struct cli_values {
    const struct cli_command *command;
    struct given *given;
    size_t given_count, given_capacity;
    const char **all; /* scratch of cli_all */
    const char *const *operands;
    size_t operand_count;
};

/* ---- what was given ---- */

const char *cli_text(const struct cli_values *values, const char *option) {
    const char *text = NULL;
    for (size_t i = 0; i < values->given_count; i++)
        if (!values->given[i].is_setting && strcmp(values->given[i].name, option) == 0)
            text = values->given[i].text;
    return text;
}

bool cli_given(const struct cli_values *values, const char *option) {
    for (size_t i = 0; i < values->given_count; i++)
        if (!values->given[i].is_setting && strcmp(values->given[i].name, option) == 0)
            return true;
    return false;
}

const char *const *cli_all(const struct cli_values *values, const char *option, size_t *count) {
    /* The array holds the values of every option, each option's in a run of its own. */
    size_t first = 0;
    for (size_t i = 0; i < values->given_count; i++)
        first += strcmp(values->given[i].name, option) < 0;
    *count = 0;
    for (size_t i = 0; i < values->given_count; i++)
        if (strcmp(values->given[i].name, option) == 0)
            values->all[first + (*count)++] = values->given[i].text;
    return values->all + first;
}

const char *const *cli_operands(const struct cli_values *values, size_t *count) {
    *count = values->operand_count;
    return values->operands;
}

enum status cli_number(const struct cli_values *values, const char *option, long long least, long long *out) {
    const char *const text = cli_text(values, option);
    if (text == NULL)
        return STATUS_OK;
    char *end;
    errno = 0;
    const long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < least)
        return status_set(STATUS_USAGE, "--%s %s: a whole number of at least %lld is needed", option, text,
                          least);
    *out = number;
    return STATUS_OK;
}

enum status cli_real(const struct cli_values *values, const char *option, double least, double *out) {
    const char *const text = cli_text(values, option);
    if (text == NULL)
        return STATUS_OK;
    char *end;
    const double number = strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(number) || number < least)
        return status_set(STATUS_USAGE, "--%s %s: a number of at least %g is needed", option, text, least);
    *out = number;
    return STATUS_OK;
}

enum status cli_required(const struct cli_values *values, const char *option, const char **out) {
    *out = cli_text(values, option);
    if (*out == NULL)
        return status_set(STATUS_USAGE, "--%s is missing; example: %s", option, values->command->example);
    return STATUS_OK;
}

enum status cli_override(const struct cli_values *values, struct settings *settings) {
    for (size_t i = 0; i < values->given_count; i++)
        if (values->given[i].is_setting)
            TRY(settings_set(settings, values->given[i].name, values->given[i].text));
    return STATUS_OK;
}

enum status cli_preset(const struct cli_values *values, const char *preset, struct settings *settings) {
    const char *const name = cli_text(values, "preset") ? cli_text(values, "preset") : preset;
    return name == NULL ? STATUS_OK : cli_load_preset(name, settings);
}

enum status cli_load_preset(const char *name, struct settings *settings) {
    struct cli_share share;
    TRY(cli_share_find(&share, "presets"));
    const enum status status =
        settings_load_preset(settings, name, (const char *const *)share.paths, share.count);
    cli_share_free(&share);
    return status;
}

enum status cli_settings(const struct cli_values *values, const char *preset, struct settings *settings) {
    TRY(cli_preset(values, preset, settings));
    return cli_override(values, settings);
}

/* ---- parsing ---- */

/* Every option that getopt_long shall know. Names of settings get dashes, and live in `names`. */
struct table {
    struct option *options;
    char **names;
    size_t count;
};

static void free_table(struct table *table) {
    for (size_t i = 0; table->names != NULL && i < table->count; i++)
        free(table->names[i]);
    free(table->names);
    free(table->options);
}

static enum status add(struct table *table, const char *prefix, const char *name, bool takes_value) {
    char **const copy = &table->names[table->count];
    TRY(memory_format(copy, "%s%s", prefix, name));
    for (char *c = *copy; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    table->options[table->count++] =
        (struct option){.name = *copy, .has_arg = takes_value ? required_argument : no_argument};
    return STATUS_OK;
}

static size_t own_count(const struct cli_command *command) {
    size_t count = 0;
    while (command->options != NULL && command->options[count].name != NULL)
        count++;
    return count;
}

static bool same_name(const char *a, const char *b) {
    while (*a != '\0' && (*a == '_' ? '-' : *a) == (*b == '_' ? '-' : *b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool cli_is_own(const struct cli_command *command, const char *name) {
    for (size_t i = 0; i < own_count(command); i++)
        if (same_name(command->options[i].name, name))
            return true;
    return strcmp(name, "help") == 0 || strcmp(name, "preset") == 0;
}

/* A boolean setting is a flag: --dropout or --no-dropout. */
static enum status make_table(struct table *table, const struct cli_command *command) {
    const size_t own = own_count(command), settings = command->settings ? settings_count() : 0;
    TRY(memory_new(&table->options, own + 2 * settings + 3, sizeof *table->options));
    TRY(memory_new(&table->names, own + 2 * settings + 3, sizeof *table->names));
    for (size_t i = 0; i < own; i++)
        TRY(add(table, "", command->options[i].name, command->options[i].argument != NULL));
    TRY(add(table, "", "help", false));
    if (command->settings)
        TRY(add(table, "", "preset", true));
    for (size_t i = 0; i < settings; i++) {
        const struct setting *const row = &settings_table()[i];
        if (cli_is_own(command, row->name))
            continue;
        TRY(add(table, "", row->name, row->kind != SETTINGS_BOOLEAN));
        if (row->kind == SETTINGS_BOOLEAN)
            TRY(add(table, "no-", row->name, false));
    }
    return STATUS_OK;
}

/* What getopt_long did not like. */
static enum status refuse(const struct table *table, const char *word, bool lacks_value) {
    if (lacks_value)
        return status_set(STATUS_USAGE, "%s needs a value; see --help", word);
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    struct text_near near = text_near_start(name + strspn(name, "-"));
    for (size_t i = 0; i < table->count; i++)
        text_near_offer(&near, table->options[i].name);
    char hint[TEXT_HINT_SIZE];
    return status_set(STATUS_USAGE, "unknown option %s%s; --help lists them", name,
                      text_near_hint(&near, hint));
}

static enum status take(struct cli_values *values, const struct table *table, int count, char **words) {
    opterr = 0;
    optind = 0; /* GNU: start afresh */
    for (;;) {
        int index = 0;
        const int before = optind ? optind : 1;
        const int c = getopt_long(count, words, ":", table->options, &index);
        if (c == -1)
            break;
        if (c != 0)
            return refuse(table, words[optind > before ? optind - 1 : before], c == ':');
        TRY(memory_reserve(&values->given, &values->given_capacity, values->given_count + 1,
                           sizeof *values->given));
        const char *const name = table->options[index].name;
        values->given[values->given_count++] =
            (struct given){.name = name, .text = optarg, .is_setting = !cli_is_own(values->command, name)};
    }
    values->operands = (const char *const *)words + optind;
    values->operand_count = (size_t)(count - optind);
    if (values->operand_count > 0 && values->command->operands[0] == '\0')
        return status_set(STATUS_USAGE, "unexpected word '%s'; see --help", words[optind]);
    return memory_new(&values->all, values->given_count, sizeof *values->all);
}

enum status cli_run(const struct cli_command *command, int count, char **words) {
    struct table table = {0};
    struct cli_values values = {.command = command};
    enum status status = make_table(&table, command);
    if (status == STATUS_OK)
        status = take(&values, &table, count, words);
    if (status == STATUS_OK && cli_given(&values, "help"))
        cli_print_help(command);
    else if (status == STATUS_OK)
        status = command->run(&values);
    free(values.given);
    free(values.all);
    free_table(&table);
    return status;
}
