/* data_split.c: a data set in parts, for training and validation. */
#include "cli/data_write.h"

static const struct cli_option options[] = {
    {"parts", "NAME=SHARE,...",
     "the parts and how much each gets, as in train=0.9,validation=0.1; equal images go to one part"},
    {"seed", "S", "another seed, other parts; default: 0"},
    CLI_DATA_TO,
    CLI_THREADS_OPTION,
    {0},
};

static enum status write_parts(const struct cli_values *values, const struct data_split *split) {
    struct data_set *set;
    enum data_format format;
    size_t count;
    const char *const *const words = cli_operands(values, &count);
    TRY(cli_data_format(values, DATA_FORMAT_LMDB, &format));
    TRY(cli_data_open(values, 1, &set));
    const enum status status = cli_data_write(values, set, words[count - 1], format, split);
    data_set_close(set);
    return status;
}

static enum status run(const struct cli_values *values) {
    struct data_split split;
    const char *parts;
    long long seed = 0;
    TRY(cli_number(values, "seed", 0, &seed));
    TRY(cli_required(values, "parts", &parts));
    TRY(data_split_parse(&split, parts, (uint64_t)seed));
    const enum status status = write_parts(values, &split);
    data_split_free(&split);
    return status;
}

const struct cli_command command_data_split = {
    .name = "data split",
    .operands = "SOURCE ... OUT",
    .summary = "part a data set, by seed and by what its images hold",
    .example = "mnsp data split --parts train=0.9,validation=0.1 words parts",
    .options = options,
    .run = run,
};
