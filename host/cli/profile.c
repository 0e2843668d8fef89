/* profile.c: where the time of a training step goes, by the device's clock. */
#include "cli/ceiling.h"
#include "cli/json.h"
#include "cli/step.h"

#include "base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"by", "operator|sizes|part",
     "add up by operator, by operator and sizes, or by part of the model; default operator"},
    {"repeat", "N", "steps measured, after one that is not; default 2"},
    {"top", "N", "rows printed, those that take longest; default all"},
    CLI_STEP_OPTIONS,
    {0},
};

enum grouping { BY_OPERATOR, BY_SIZES, BY_PART };
enum { NAME_SIZE = 64 + CLI_SIZES_TEXT };

struct row {
    char name[NAME_SIZE];
    size_t count;                     /* nodes */
    double nanoseconds, flops, bytes; /* flops: of products and attention */
    double least;                     /* seconds, at the ceilings of the device */
};

struct profile {
    struct row *rows;
    size_t count;
    double nanoseconds, flops; /* of all */
    size_t repeat;
    struct cli_ceilings ceilings;
};

/* ---- measuring ---- */

static void name_of(char name[NAME_SIZE], const struct graph_node *node, enum grouping grouping) {
    char sizes[CLI_SIZES_TEXT];
    const char *const operator= operator_info(node->operator)->name;
    if (grouping == BY_PART)
        snprintf(name, NAME_SIZE, "%s", node->scope && node->scope[0] ? node->scope : "other");
    else if (grouping == BY_SIZES)
        snprintf(name, NAME_SIZE, "%s %s", operator, cli_node_sizes(node, sizes));
    else
        snprintf(name, NAME_SIZE, "%s", operator);
}

static struct row *find_row(struct profile *profile, const char *name) {
    for (size_t i = 0; i < profile->count; i++)
        if (strcmp(profile->rows[i].name, name) == 0)
            return &profile->rows[i];
    struct row *const row = &profile->rows[profile->count++];
    snprintf(row->name, sizeof row->name, "%s", name);
    return row;
}

static int compare_rows(const void *a, const void *b) {
    const struct row *const x = a, *const y = b;
    return x->nanoseconds < y->nanoseconds ? 1 : x->nanoseconds > y->nanoseconds ? -1 : 0;
}

/* Adds up the times of the last run; the count and work of a row are those of one run. */
static void add_run(struct profile *profile, const struct train_step *step, enum grouping grouping,
                    bool first) {
    for (size_t i = 0; i < graph_node_count(step->graph); i++) {
        const struct graph_node *const node = graph_node(step->graph, i);
        if (node->segment != 0 && node->segment != step->optimiser.segment)
            continue;
        char name[NAME_SIZE];
        name_of(name, node, grouping);
        struct row *const row = find_row(profile, name);
        const bool is_product = cli_node_is_product(node);
        const size_t runs = node->segment == 0 ? step->parts : 1; /* the last of which was measured */
        const double time = executor_nanoseconds(step->executor, i) * (double)runs;
        row->nanoseconds += time;
        profile->nanoseconds += time;
        if (!first)
            continue;
        const double flops = is_product ? graph_node_work(node) * (double)runs : 0;
        row->count += runs;
        row->flops += flops;
        profile->flops += flops;
        row->bytes += cli_node_bytes(node) * (double)runs;
        row->least += cli_least_time(&profile->ceilings, node).seconds * (double)runs;
    }
}

static enum status measure(struct profile *profile, struct train_step *step, enum grouping grouping) {
    TRY(memory_new(&profile->rows, graph_node_count(step->graph), sizeof *profile->rows));
    for (size_t i = 0; i < profile->repeat + 1; i++) {
        cli_show("step %zu of %zu", i, profile->repeat);
        TRY(train_step_run(step, i, 1e-4));
        if (i > 0) /* the first one makes the driver compile */
            add_run(profile, step, grouping, i == 1);
    }
    cli_show("%s", "");
    if (profile->nanoseconds <= 0)
        return status_set(STATUS_UNSUPPORTED,
                          "the device has no time stamps: 'mnsp bench --step' measures whole steps");
    for (size_t i = 0; i < profile->count; i++)
        profile->rows[i].nanoseconds /= (double)profile->repeat;
    profile->nanoseconds /= (double)profile->repeat;
    qsort(profile->rows, profile->count, sizeof *profile->rows, compare_rows);
    return STATUS_OK;
}

/* ---- telling ---- */

static bool has_products(const struct row *row) {
    return row->flops > 0;
}

/* 10^9 operations a second where there are products, otherwise bytes. */
static double rate(const struct row *row) {
    return row->nanoseconds > 0 ? (has_products(row) ? row->flops : row->bytes) / row->nanoseconds : 0;
}

static double share(const struct profile *profile, const struct row *row) {
    return row->nanoseconds / profile->nanoseconds;
}

/* How near to the ceilings the device is: 1 at them. */
static double of_ceiling(const struct row *row) {
    return row->nanoseconds > 0 ? 1e9 * row->least / row->nanoseconds : 0;
}

/* Of one run of the segment, by its name. */
static json_t *counts_json(const struct train_step *step, uint32_t segment) {
    const struct executor_counts counts = executor_counts(step->executor, segment);
    return json_pack("{s:I, s:I, s:I}", "dispatches", (json_int_t)counts.dispatches, "barriers",
                     (json_int_t)counts.barriers, "submissions", (json_int_t)counts.submissions);
}

static void print_counts(const struct train_step *step, const char *name, uint32_t segment) {
    const struct executor_counts counts = executor_counts(step->executor, segment);
    printf("%s: %zu dispatches, %zu barriers, %zu submissions\n", name, counts.dispatches, counts.barriers,
           counts.submissions);
}

static json_t *rows_json(const struct profile *profile, size_t most) {
    json_t *const rows = json_array();
    for (size_t i = 0; i < profile->count && i < most; i++) {
        const struct row *const row = &profile->rows[i];
        json_array_append_new(rows,
                              json_pack("{s:s, s:I, s:f, s:f, s:f, s:f}", "name", row->name, "count",
                                        (json_int_t)row->count, "milliseconds", 1e-6 * row->nanoseconds,
                                        "share", share(profile, row), "of_ceiling", of_ceiling(row),
                                        has_products(row) ? "gflops" : "gigabytes_per_second", rate(row)));
    }
    return rows;
}

static void print_rows(const struct profile *profile, size_t most) {
    printf("%-46s %6s %11s %7s %11s %10s\n", "", "nodes", "ms", "share", "of ceiling", "speed");
    for (size_t i = 0; i < profile->count && i < most; i++) {
        const struct row *const row = &profile->rows[i];
        printf("%-46s %6zu %11.3f %6.1f%% %10.1f%% %10.2f %s\n", row->name, row->count,
               1e-6 * row->nanoseconds, 100 * share(profile, row), 100 * of_ceiling(row), rate(row),
               has_products(row) ? "GFLOP/s" : "GB/s");
    }
    printf("%-46s %6s %11.3f %7s %11s %10.2f GFLOP/s\n", "all", "", 1e-6 * profile->nanoseconds, "", "",
           profile->flops / profile->nanoseconds);
}

static enum status tell(const struct cli_values *values, const struct settings *settings,
                        const struct gpu_device *device, const struct train_step *step,
                        const struct profile *profile, size_t most) {
    char objective[SETTINGS_TEXT_SIZE];
    settings_format(settings, settings_find("objective"), objective);
    if (cli_given(values, "json"))
        return cli_print_json(json_pack(
            "{s:s, s:o, s:I, s:f, s:f, s:o, s:o, s:o, s:o, s:o, s:o}", "step", objective, "preset",
            cli_json_text(cli_step_preset(values, settings)), "batch", (json_int_t)settings->batch,
            "milliseconds", 1e-6 * profile->nanoseconds, "gflops", profile->flops / profile->nanoseconds,
            "gradients", counts_json(step, 0), "update", counts_json(step, step->optimiser.segment), "rows",
            rows_json(profile, most), "ceilings", cli_ceilings_json(&profile->ceilings), "device",
            cli_json_text(cli_device_name(device)), "driver", cli_json_text(cli_driver_name(device))));
    printf("%s step, %s, batch %lld, on %s (%s)\n", objective, cli_step_preset(values, settings),
           (long long)settings->batch, cli_device_name(device), cli_driver_name(device));
    json_t *const ceilings = cli_ceilings_json(&profile->ceilings);
    cli_print_ceilings(ceilings);
    json_decref(ceilings);
    print_rows(profile, most);
    print_counts(step, step->parts > 1 ? "gradients of a part" : "gradients", 0);
    print_counts(step, "update", step->optimiser.segment);
    return STATUS_OK;
}

static enum status choose_grouping(const char *word, enum grouping *out) {
    static const char *const words[] = {[BY_OPERATOR] = "operator", [BY_SIZES] = "sizes", [BY_PART] = "part"};
    *out = BY_OPERATOR;
    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(word, words[i]) == 0) {
            *out = (enum grouping)i;
            return STATUS_OK;
        }
    if (word == NULL)
        return STATUS_OK;
    return status_set(STATUS_USAGE, "--by %s: choose operator, sizes or part", word);
}

static enum status run(const struct cli_values *values) {
    struct settings settings;
    struct gpu_device *device;
    struct train_step *step = NULL;
    struct profile profile = {0};
    enum grouping grouping;
    long long repeat = 2, top = LLONG_MAX;
    TRY(choose_grouping(cli_text(values, "by"), &grouping));
    TRY(cli_number(values, "repeat", 1, &repeat));
    TRY(cli_number(values, "top", 1, &top));
    TRY(cli_step_settings(values, &settings));
    TRY(cli_device(values, &device));
    profile.repeat = (size_t)repeat;
    enum status status = cli_step_create(&step, &settings, device, true);
    if (status == STATUS_OK)
        status = cli_measure_ceilings(&profile.ceilings, step->graph, device, step->tiles);
    if (status == STATUS_OK)
        status = measure(&profile, step, grouping);
    if (status == STATUS_OK)
        status = tell(values, &settings, device, step, &profile, (size_t)top);
    free(profile.rows);
    train_step_destroy(step);
    gpu_device_close(device);
    return status;
}

const struct cli_command command_profile = {
    .name = "profile",
    .operands = "",
    .summary = "show where the time of a training step goes, operator by operator",
    .example = "mnsp profile --step lmim --preset lmim-small --batch 8 --by sizes --top 20",
    .options = options,
    .settings = true,
    .run = run,
};
