#include "conformance/outputs.h"

#include "base/buffer.h"
#include "conformance/report_html.h"
#include "conformance/report_json.h"
#include "conformance/report_junit.h"
#include "conformance/report_tap.h"

#include <stdlib.h>
#include <string.h>

/* In the order of struct outputs. */
static const struct form {
    size_t path; /* in struct options */
    enum status (*write)(struct buffer *out, const struct report *report);
} forms[OUTPUTS_MOST] = {
    {offsetof(struct options, json), report_json},
    {offsetof(struct options, junit), report_junit},
    {offsetof(struct options, tap), report_tap},
    {offsetof(struct options, html), report_html},
};

static const char *path_of(const struct options *options, size_t form) {
    const char *path;
    memcpy(&path, (const char *)options + forms[form].path, sizeof path);
    return path != NULL && strcmp(path, "-") == 0 ? "/dev/stdout" : path;
}

bool outputs_use_stdout(const struct options *options) {
    for (size_t i = 0; i < OUTPUTS_MOST; i++) {
        const char *const path = path_of(options, i);
        if (path != NULL && strcmp(path, "/dev/stdout") == 0)
            return true;
    }
    return false;
}

enum status outputs_open(struct outputs *out, const struct options *options) {
    *out = (struct outputs){0};
    for (size_t i = 0; i < OUTPUTS_MOST; i++) {
        const char *const path = path_of(options, i);
        if (path == NULL || file_writer_open(&out->writers[i], path) == STATUS_OK)
            continue;
        out->writers[i] = NULL;
        outputs_discard(out);
        return status_set(STATUS_USAGE, "the report cannot be written: %s", status_message());
    }
    return STATUS_OK;
}

static enum status write_one(struct file_writer *writer, const struct form *form,
                             const struct report *report) {
    struct buffer text = {0};
    enum status status = form->write(&text, report);
    if (status == STATUS_OK)
        status = buffer_status(&text);
    if (status == STATUS_OK)
        status = file_writer_put(writer, text.bytes, text.used);
    free(text.bytes);
    if (status == STATUS_OK)
        return file_writer_commit(writer);
    file_writer_discard(writer);
    return status;
}

enum status outputs_write(struct outputs *outputs, const struct report *report) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < OUTPUTS_MOST; i++) {
        struct file_writer *const writer = outputs->writers[i];
        outputs->writers[i] = NULL;
        if (writer == NULL)
            continue;
        const enum status written = write_one(writer, &forms[i], report);
        status = status != STATUS_OK ? status : written;
    }
    return status;
}

void outputs_discard(struct outputs *outputs) {
    for (size_t i = 0; i < OUTPUTS_MOST; i++)
        file_writer_discard(outputs->writers[i]);
    *outputs = (struct outputs){0};
}
