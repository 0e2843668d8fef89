#include "conformance/bundle_run.h"

#include "base/buffer.h"
#include "conformance/bundle.h"

#include <stdio.h>
#include <stdlib.h>

static enum status need_one(const struct selection *selection, const struct options *options) {
    if (selection->count == 1)
        return STATUS_OK;
    return status_set(
        STATUS_USAGE,
        "--bundle takes one case, and %zu are selected: name it by --filter, as --list prints it%s",
        selection->count, options->selection.set == SET_FULL ? "" : ", and its --set");
}

static enum status print_use(const struct conformance_case *one, const char *folder) {
    struct buffer text = {0};
    buffer_add(&text, "%s\nto run it: cd ", one->name);
    buffer_add_shell(&text, folder);
    buffer_add(&text, " && cc -o reproduce reproduce.c -lvulkan && ./reproduce\n");
    if (!text.failed)
        fputs(text.bytes, stdout);
    free(text.bytes);
    return buffer_status(&text);
}

enum status bundle_run(const struct options *options) {
    struct selection selection;
    struct gpu_device *device = NULL;
    TRY(selection_create(&selection, &options->selection));
    enum status status = need_one(&selection, options);
    if (status == STATUS_OK)
        status = gpu_device_open(&device, options->device, &(struct gpu_options){0});
    if (status == STATUS_OK) {
        status = bundle_write(options->bundle, &selection.cases[0],
                              &(struct execution){.device = device, .seed = options->selection.seed});
        gpu_device_close(device);
    }
    if (status == STATUS_OK)
        status = print_use(&selection.cases[0], options->bundle);
    selection_destroy(&selection);
    return status;
}
