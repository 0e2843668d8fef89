#include "conformance/matrix.h"

#include "base/json.h"
#include "base/memory.h"
#include "conformance/compile.h"
#include "conformance/report_groups.h"
#include "conformance/report_json.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

enum { FILE_MOST = 256 << 20 };

/* What a matrix shows of a pipeline must be there. */
static enum status check_compiler(const json_t *root, const char *origin) {
    json_t *device, *pipelines, *pipeline;
    const char *text;
    int64_t number;
    bool flag;
    size_t i;
    TRY(json_need_object(&device, root, "device", origin));
    TRY(json_need_text(&text, device, "name", origin));
    TRY(json_need_text(&text, device, "driver", origin));
    TRY(json_need_integer(&number, root, "failed", origin));
    TRY(json_need_integer(&number, root, "spilling", origin));
    TRY(json_need_array(&pipelines, root, "pipelines", origin));
    json_array_foreach(pipelines, i, pipeline) {
        TRY(json_need_text(&text, pipeline, "name", origin));
        TRY(json_need_text(&text, pipeline, "use", origin));
        TRY(json_need_text(&text, pipeline, "error", origin));
        TRY(json_need_boolean(&flag, pipeline, "default", origin));
    }
    return STATUS_OK;
}

static enum status read_compiler(struct matrix *matrix, json_t *root, const char *path) {
    TRY(check_compiler(root, path));
    TRY(memory_reserve(&matrix->compilers, &matrix->compiler_capacity, matrix->compiler_count + 1,
                       sizeof(json_t *)));
    matrix->compilers[matrix->compiler_count++] = json_incref(root);
    return STATUS_OK;
}

static enum status read_run(struct matrix *matrix, const char *path) {
    TRY(memory_reserve(&matrix->runs, &matrix->run_capacity, matrix->run_count + 1, sizeof *matrix->runs));
    struct report *const report = &matrix->runs[matrix->run_count];
    const enum status status = report_read(report, path);
    if (status == STATUS_OK)
        matrix->run_count++;
    else
        report_destroy(report);
    return status;
}

enum status matrix_read(struct matrix *matrix, const char *path) {
    json_t *root;
    TRY(json_read_file(&root, path, FILE_MOST));
    const char *const format = json_string_value(json_object_get(root, "format"));
    const bool is_compiler = format != NULL && strcmp(format, COMPILE_FORMAT) == 0;
    const enum status status = is_compiler ? read_compiler(matrix, root, path) : read_run(matrix, path);
    json_decref(root);
    return status;
}

void matrix_destroy(struct matrix *matrix) {
    for (size_t i = 0; i < matrix->run_count; i++)
        report_destroy(&matrix->runs[i]);
    for (size_t i = 0; i < matrix->compiler_count; i++)
        json_decref(matrix->compilers[i]);
    free(matrix->runs);
    free(matrix->compilers);
    *matrix = (struct matrix){0};
}

/* ---- a row per run ---- */

static const char *fact(const struct report *run, const char *key) {
    const char *const text = json_string_value(json_object_get(run->device, key));
    return text != NULL ? text : "";
}

/* "llvmpipe 25.0.7": the first word of the device's name, and its driver's version. */
static void write_short_name(struct buffer *out, const struct report *run) {
    const char *const name = fact(run, "name");
    buffer_add(out, "%.*s %s", (int)strcspn(name, " "), name, fact(run, "driver_version"));
}

static double largest_ratio(const struct report *run) {
    double largest = 0;
    for (size_t i = 0; i < run->count; i++) {
        const double ratio = run->entries[i].result.comparison.largest_ratio;
        largest = ratio > largest ? ratio : largest;
    }
    return largest;
}

static void write_run(struct buffer *out, const struct report *run) {
    const size_t bad = report_bad(run);
    buffer_add(out,
               "| %s | %s | %s | %s, %s seed %llu | %zu | %zu | %s%zu%s | %zu | %zu | %zu | %.3f | %.0f |\n",
               fact(run, "name"), fact(run, "driver"), fact(run, "api_version"), run->started, run->set,
               (unsigned long long)run->seed, run->count, report_outcomes(run, OUTCOME_PASS), bad ? "**" : "",
               bad, bad ? "**" : "", report_outcomes(run, OUTCOME_QUALITY_WARNING),
               report_outcomes(run, OUTCOME_NOT_SUPPORTED), report_outcomes(run, OUTCOME_WAIVER),
               largest_ratio(run), run->seconds);
    if (!run->complete)
        buffer_add(out, "| | not complete: %s | | | | | | | | | | |\n", run->note);
}

static void write_runs(struct buffer *out, const struct matrix *matrix) {
    buffer_add(out, "| device | driver | Vulkan | run | cases | passed | failed | warnings | not supported | "
                    "waived | largest error over bound | seconds |\n"
                    "|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (size_t i = 0; i < matrix->run_count; i++)
        write_run(out, &matrix->runs[i]);
}

/* ---- a row per operator ---- */

/* What a run knows of an operator, or NULL. */
struct column {
    struct report_group *groups;
    size_t count;
};

static const struct report_group *find(const struct column *column, const struct report_group *like) {
    for (size_t i = 0; i < column->count; i++)
        if (column->groups[i].length == like->length &&
            memcmp(column->groups[i].name, like->name, like->length) == 0)
            return &column->groups[i];
    return NULL;
}

static void write_row(struct buffer *out, const struct report_group *operator, const struct column * columns,
                      size_t count) {
    buffer_add(out, "| %.*s |", (int)operator->length, operator->name);
    for (size_t i = 0; i < count; i++) {
        const struct report_group *const group = find(&columns[i], operator);
        if (group == NULL || group->elements == 0)
            buffer_add(out, " - |");
        else
            buffer_add(out, group->largest_ratio == 0 ? " exact |" : " %.3f |", group->largest_ratio);
    }
    buffer_add(out, "\n");
}

static enum status write_operators(struct buffer *out, const struct matrix *matrix) {
    struct column *columns;
    TRY(memory_new(&columns, matrix->run_count, sizeof *columns));
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < matrix->run_count; i++)
        status = report_groups(&columns[i].groups, &columns[i].count, &matrix->runs[i]);
    buffer_add(out, "\nThe largest error over its bound, by operator:\n\n| operator |");
    for (size_t i = 0; i < matrix->run_count; i++) {
        buffer_add(out, " ");
        write_short_name(out, &matrix->runs[i]);
        buffer_add(out, " |");
    }
    buffer_add(out, "\n|---|");
    for (size_t i = 0; i < matrix->run_count; i++)
        buffer_add(out, "---:|");
    buffer_add(out, "\n");
    for (size_t i = 0; status == STATUS_OK && i < columns[0].count; i++)
        write_row(out, &columns[0].groups[i], columns, matrix->run_count);
    for (size_t i = 0; i < matrix->run_count; i++)
        free(columns[i].groups);
    free(columns);
    return status;
}

/* ---- what did not pass ---- */

static void write_case(struct buffer *out, const struct report *run, const struct report_entry *entry) {
    buffer_add(out, "- **%s** on ", outcome_name(entry->result.outcome));
    write_short_name(out, run);
    buffer_add(out, ": `%s`: %s\n", entry->name, entry->result.message);
    if (entry->waiver != NULL)
        buffer_add(out, "  waived: %s (%s)\n", entry->waiver->reason, entry->waiver->link);
}

/* Those of the kind that a device does not support, one line for each reason. */
static void write_unsupported(struct buffer *out, const struct report *run) {
    for (size_t i = 0; i < run->count; i++) {
        const char *const reason = run->entries[i].result.message;
        size_t count = 0;
        bool is_first = true;
        for (size_t j = 0; j < run->count; j++) {
            const struct case_result *const other = &run->entries[j].result;
            const bool same = other->outcome == OUTCOME_NOT_SUPPORTED && strcmp(other->message, reason) == 0;
            is_first = is_first && !(same && j < i);
            count += same;
        }
        if (run->entries[i].result.outcome != OUTCOME_NOT_SUPPORTED || !is_first)
            continue;
        buffer_add(out, "- %zu not supported on ", count);
        write_short_name(out, run);
        buffer_add(out, ": %s\n", reason);
    }
}

static void write_remarks(struct buffer *out, const struct matrix *matrix) {
    buffer_add(out, "\nCases that did not pass:\n\n");
    const size_t before = out->used;
    for (size_t r = 0; r < matrix->run_count; r++) {
        const struct report *const run = &matrix->runs[r];
        for (size_t i = 0; i < run->count; i++) {
            const enum outcome outcome = run->entries[i].result.outcome;
            if (outcome != OUTCOME_PASS && outcome != OUTCOME_NOT_SUPPORTED)
                write_case(out, run, &run->entries[i]);
        }
        write_unsupported(out, run);
    }
    if (out->used == before)
        buffer_add(out, "none.\n");
}

enum status matrix_write(struct buffer *out, const struct matrix *matrix) {
    if (matrix->run_count != 0) {
        write_runs(out, matrix);
        TRY(write_operators(out, matrix));
        write_remarks(out, matrix);
    }
    if (matrix->compiler_count != 0) {
        if (matrix->run_count != 0)
            buffer_add(out, "\n");
        matrix_write_compilers(out, matrix);
    }
    return buffer_status(out);
}
