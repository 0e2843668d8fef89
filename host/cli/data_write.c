#include "cli/data_write.h"

#include "base/file.h"
#include "base/stage.h"
#include "data/copy.h"

#include <stdio.h>
#include <stdlib.h>

/* The writers of one command. */
struct output {
    struct data_writer *writer[DATA_SPLIT_PARTS_MAX];
    size_t count;
};

enum status cli_data_format(const struct cli_values *values, enum data_format standard,
                            enum data_format *format) {
    const char *const name = cli_text(values, "to");
    *format = standard;
    return name ? data_format_parse(format, name) : STATUS_OK;
}

/* "stage" itself, or a folder in it for each part. */
static enum status open_writers(struct output *output, const char *stage, enum data_format format,
                                const struct data_split *split) {
    if (split == NULL) {
        TRY(data_writer_open(&output->writer[0], stage, format));
        output->count = 1;
        return STATUS_OK;
    }
    while (output->count < split->count) {
        char *folder;
        TRY(file_join(&folder, stage, split->part[output->count].name));
        enum status status = file_make_folders(folder);
        if (status == STATUS_OK)
            status = data_writer_open(&output->writer[output->count], folder, format);
        free(folder);
        TRY(status);
        output->count++;
    }
    return STATUS_OK;
}

static void tell_skipped(void *context, const char *message) {
    (void)context;
    cli_say("%s", message);
}

static enum status copy(const struct cli_values *values, struct data_set *set, struct output *output,
                        const struct data_split *split) {
    size_t skipped;
    struct cli_progress progress = cli_progress_start(data_set_count(set));
    struct data_copy_settings settings = {.part = split ? data_split_part : NULL,
                                          .part_context = split,
                                          .progress = cli_progress_step,
                                          .report = tell_skipped,
                                          .context = &progress};
    TRY(cli_threads(values, &settings.threads));
    TRY(data_copy(set, output->writer, &settings, &skipped));
    const double seconds = cli_progress_end(&progress);
    cli_say("%zu images, %zu of them left out, %.0f images/s", data_set_count(set), skipped,
            (double)data_set_count(set) / seconds);
    return STATUS_OK;
}

/* Closes the writers; *counts are what they wrote. */
static enum status close_writers(struct output *output, const char *path, const struct data_split *split,
                                 size_t *counts) {
    for (; output->count > 0; output->count--) {
        const size_t last = output->count - 1;
        counts[last] = data_writer_count(output->writer[last]);
        if (counts[last] == 0)
            return status_set(STATUS_INVALID, "%s%s%s: no image would be in it", path, split ? "/" : "",
                              split ? split->part[last].name : "");
        struct data_writer *const writer = output->writer[last];
        output->writer[last] = NULL;
        TRY(data_writer_close(writer));
    }
    return STATUS_OK;
}

static enum status write_stage(const struct cli_values *values, struct data_set *set, const char *path,
                               const char *stage, enum data_format format, const struct data_split *split,
                               size_t *counts) {
    struct output output = {0};
    enum status status = open_writers(&output, stage, format, split);
    if (status == STATUS_OK)
        status = copy(values, set, &output, split);
    if (status == STATUS_OK)
        status = close_writers(&output, path, split, counts);
    for (size_t i = 0; i < output.count; i++)
        data_writer_abandon(output.writer[i]);
    return status;
}

enum status cli_data_write(const struct cli_values *values, struct data_set *set, const char *path,
                           enum data_format format, const struct data_split *split) {
    struct stage *stage;
    size_t counts[DATA_SPLIT_PARTS_MAX] = {0};
    TRY(stage_open(&stage, path));
    const enum status status = write_stage(values, set, path, stage_folder(stage), format, split, counts);
    if (status != STATUS_OK) {
        stage_discard(stage);
        return status;
    }
    TRY(stage_commit(stage));
    for (size_t i = 0; i < (split ? split->count : 1); i++)
        printf("%s%s%s: %zu images\n", path, split ? "/" : "", split ? split->part[i].name : "", counts[i]);
    return STATUS_OK;
}
