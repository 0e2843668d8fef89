#include "conformance/compile_run.h"

#include "base/file.h"
#include "conformance/compile.h"

#include <stdlib.h>
#include <string.h>

static enum status write_report(struct file_writer *writer, const struct compile_report *report) {
    json_t *json;
    char *text = NULL;
    enum status status = compile_to_json(&json, report);
    if (status == STATUS_OK && (text = json_dumps(json, JSON_INDENT(1))) == NULL)
        status = status_set(STATUS_MEMORY, "not enough memory for the report");
    if (status == STATUS_OK)
        status = file_writer_put(writer, text, strlen(text));
    if (status == STATUS_OK)
        status = file_writer_put(writer, "\n", 1);
    free(text);
    json_decref(json);
    if (status == STATUS_OK)
        return file_writer_commit(writer);
    file_writer_discard(writer);
    return status;
}

static void summarise(FILE *out, const struct compile_report *report) {
    const bool is_told = report->count != 0 && report->list[0].statistics.count != 0;
    fprintf(out, "%zu pipelines: %zu failed, %zu that models need spill", report->count, report->failed,
            report->spilling);
    if (report->forgiven != 0)
        fprintf(out, " (and %zu that only cases of the suite need)", report->forgiven);
    fprintf(out, "%s\n", is_told ? "" : "; the driver tells nothing about registers");
}

/* The writer takes its place only when all is written. */
static enum status compile_on_device(bool *bad, struct gpu_device *device, const struct options *options,
                                     struct file_writer *writer, FILE *out) {
    const struct gpu_properties *const properties = gpu_device_properties(device);
    struct compile_report report;
    fprintf(out, "device %s, driver %s\n", properties->name, properties->driver);
    enum status status = compile_all(&report, device, options->selection.filter, out);
    if (status == STATUS_OK) {
        summarise(out, &report);
        *bad = report.failed != 0 || report.spilling != 0;
    }
    if (status == STATUS_OK && writer != NULL)
        status = write_report(writer, &report);
    else
        file_writer_discard(writer);
    compile_report_destroy(&report);
    return status;
}

enum status compile_run(bool *bad, const struct options *options) {
    const bool on_stdout = options->json != NULL && strcmp(options->json, "-") == 0;
    struct file_writer *writer = NULL;
    struct gpu_device *device;
    if (options->json != NULL &&
        file_writer_open(&writer, on_stdout ? "/dev/stdout" : options->json) != STATUS_OK)
        return status_set(STATUS_USAGE, "the report cannot be written: %s", status_message());
    const enum status opened =
        gpu_device_open(&device, options->device, &(struct gpu_options){.compile_only = true});
    if (opened != STATUS_OK) {
        file_writer_discard(writer);
        return opened;
    }
    const enum status status = compile_on_device(bad, device, options, writer, on_stdout ? stderr : stdout);
    gpu_device_close(device);
    return status;
}
