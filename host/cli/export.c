/* export.c: the weights of a checkpoint alone, small enough to hand on. */
#include "cli/cli.h"

#include "base/precision.h"
#include "train/export.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct cli_option options[] = {
    {"type", "f16|bf16|f32", "type of the weights in the file; default f16"},
    {"no-use-average", NULL, "the weights of the last step, not their average"},
    {0},
};

static enum status type_of(const struct cli_values *values, enum safetensors_type *type) {
    static const enum safetensors_type types[] = {[PRECISION_F32] = SAFETENSORS_F32,
                                                  [PRECISION_F16] = SAFETENSORS_F16,
                                                  [PRECISION_BF16] = SAFETENSORS_BF16};
    const char *const text = cli_given(values, "type") ? cli_text(values, "type") : "f16";
    enum precision precision;
    if (!precision_by_name(&precision, text))
        return status_set(STATUS_USAGE, "--type %s: expected f16, bf16 or f32", text);
    *type = types[precision];
    return STATUS_OK;
}

static enum status run(const struct cli_values *values) {
    struct export_options export = {.average = !cli_given(values, "no-use-average")};
    size_t count;
    const char *const *const words = cli_operands(values, &count);
    if (count != 2)
        return status_set(STATUS_USAGE, "expected a checkpoint and the file to write; example: %s",
                          command_export.example);
    TRY(type_of(values, &export.type));
    TRY(export_weights(words[1], words[0], &export));
    struct stat before, after;
    if (stat(words[0], &before) == 0 && stat(words[1], &after) == 0)
        printf("%s: %.2f MB, of %.2f MB\n", words[1], (double)after.st_size * 1e-6,
               (double)before.st_size * 1e-6);
    return STATUS_OK;
}

const struct cli_command command_export = {
    .name = "export",
    .operands = "CHECKPOINT OUT.safetensors",
    .summary = "write the weights of a checkpoint alone, in 16 bits",
    .example = "mnsp export recogniser/best.safetensors words.safetensors",
    .options = options,
    .run = run,
};
