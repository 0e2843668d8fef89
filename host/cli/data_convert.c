/* data_convert.c: a data set in another format. */
#include "cli/data_write.h"

static const struct cli_option options[] = {
    CLI_DATA_TO,
    CLI_THREADS_OPTION,
    {0},
};

static enum status run(const struct cli_values *values) {
    struct data_set *set;
    enum data_format format;
    const char *name;
    size_t count;
    const char *const *const words = cli_operands(values, &count);
    TRY(cli_required(values, "to", &name));
    TRY(data_format_parse(&format, name));
    TRY(cli_data_open(values, 1, &set));
    const enum status status = cli_data_write(values, set, words[count - 1], format, NULL);
    data_set_close(set);
    return status;
}

const struct cli_command command_data_convert = {
    .name = "data convert",
    .operands = "SOURCE ... OUT",
    .summary = "write data sets as one, in another format; images keep their bytes",
    .example = "mnsp data convert --to lmdb words words.lmdb",
    .options = options,
    .run = run,
};
