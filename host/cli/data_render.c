/* data_render.c: rendered words as a data set on the disk. */
#include "cli/data_write.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"count", "N", "how many words"},
    {"seed", "S", "the same seed, words and fonts give the same images; default: 0"},
    {"words", "FILE",
     "a UTF-8 file with a text per line; default: built-in English words, numbers, random strings"},
    {"fonts", "DIR", "a folder of fonts; default: those of the system"},
    CLI_DATA_TO,
    CLI_DATA_THREADS,
    {0},
};

/* The source that --data would name, "render:count=...". */
static enum status name_source(const struct cli_values *values, char **source) {
    const char *count, *const words = cli_text(values, "words"), *const fonts = cli_text(values, "fonts");
    long long number = 0, seed = 0;
    TRY(cli_required(values, "count", &count));
    TRY(cli_number(values, "count", 1, &number));
    TRY(cli_number(values, "seed", 0, &seed));
    if ((words != NULL && strchr(words, ',') != NULL) || (fonts != NULL && strchr(fonts, ',') != NULL))
        return status_set(STATUS_USAGE, "the paths of --words and --fonts cannot hold a comma");
    return memory_format(source, "render:count=%lld,seed=%lld%s%s%s%s", number, seed, words ? ",words=" : "",
                         words ? words : "", fonts ? ",fonts=" : "", fonts ? fonts : "");
}

static enum status run(const struct cli_values *values) {
    struct data_set *set;
    enum data_format format;
    char *source;
    size_t count;
    const char *const *const words = cli_operands(values, &count);
    if (count != 1)
        return status_set(STATUS_USAGE, "name one folder to write; see --help");
    TRY(cli_data_format(values, DATA_FORMAT_LMDB, &format));
    TRY(name_source(values, &source));
    enum status status = data_set_open(&set, (const char *const *)&source, 1);
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
