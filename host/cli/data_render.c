/* data_render.c: rendered words as a data set on the disk. */
#include "cli/data_write.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"count", "N", "how many words"},
    {"seed", "S", "the same seed, words and fonts give the same images; default: 0"},
    {"words", "FILE", "a UTF-8 file with a text per line; default: a list of English words"},
    {"vary", "0|1",
     "1: words in several cases, with punctuation, and among them numbers, invented words and random "
     "strings; "
     "0: as they are; default: 0 for a file, 1 for the list"},
    {"wear", "0 .. 1",
     "how often there is what makes reading hard: arcs, shadows, rough grounds, blur, noise, ...; default: "
     "1"},
    {"fonts", "DIR", "a folder of fonts; default: those of the system"},
    {"photos", "DIR", "a folder of photographs without text to draw on now and then; default: none"},
    CLI_DATA_TO,
    CLI_THREADS_OPTION,
    {0},
};

/* Adds ",name=value" to *source for an option that was given. */
static enum status add_option(const struct cli_values *values, const char *name, char **source) {
    const char *const value = cli_text(values, name);
    if (value == NULL)
        return STATUS_OK;
    if (strchr(value, ',') != NULL)
        return status_set(STATUS_USAGE, "--%s %s: the value cannot hold a comma", name, value);
    char *const before = *source;
    const enum status status = memory_format(source, "%s,%s=%s", before, name, value);
    free(before);
    return status;
}

/* The source that --data would name, "render:count=...". */
static enum status name_source(const struct cli_values *values, char **source) {
    static const char *const others[] = {"seed", "words", "vary", "wear", "fonts", "photos"};
    const char *count;
    *source = NULL;
    TRY(cli_required(values, "count", &count));
    TRY(memory_format(source, "render:count=%s", count));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        TRY(add_option(values, others[i], source));
    return STATUS_OK;
}

static enum status run(const struct cli_values *values) {
    struct data_set *set = NULL;
    enum data_format format;
    char *source;
    size_t count;
    const char *const *const words = cli_operands(values, &count);
    if (count != 1)
        return status_set(STATUS_USAGE, "name one folder to write; see --help");
    TRY(cli_data_format(values, DATA_FORMAT_LMDB, &format));
    enum status status = name_source(values, &source);
    if (status == STATUS_OK)
        status = data_set_open(&set, (const char *const *)&source, 1);
    free(source);
    TRY(status);
    status = cli_data_write(values, set, words[0], format, NULL);
    data_set_close(set);
    return status;
}

const struct cli_command command_data_render = {
    .name = "data render",
    .operands = "OUT",
    .summary = "draw words with the installed fonts, as a data set",
    .example = "mnsp data render --count 100000 --seed 1 rendered.lmdb",
    .options = options,
    .run = run,
};
