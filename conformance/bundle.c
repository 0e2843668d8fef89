#include "conformance/bundle.h"

#include "base/file.h"
#include "base/memory.h"
#include "conformance/bundle_text.h"
#include "conformance/compare.h"
#include "conformance/run.h"

#include "conformance_text/README.md.h"
#include "conformance_text/reproduce.c.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

static enum status write_file(const char *folder, const char *name, const void *bytes, size_t size) {
    char *path;
    TRY(file_join(&path, folder, name));
    const enum status status = file_replace(path, bytes, size);
    free(path);
    return status;
}

static enum status write_text(const char *folder, const char *name, const struct bundle *bundle,
                              void (*add)(struct buffer *, const struct bundle *)) {
    struct buffer text = {0};
    add(&text, bundle);
    enum status status = buffer_status(&text);
    if (status == STATUS_OK)
        status = write_file(folder, name, text.bytes, text.used);
    free(text.bytes);
    return status;
}

static enum status write_tensor(const char *folder, const struct bundle *bundle, uint32_t t, const char *what,
                                const void *values, size_t element_bytes) {
    char *name;
    TRY(memory_format(&name, "%s.%s.bin", bundle_tensor(bundle, t), what));
    const size_t size = bundle->application->elements[t] * element_bytes;
    const enum status status = write_file(folder, name, values, size);
    free(name);
    return status;
}

static enum status write_tolerances(const char *folder, const struct bundle *bundle, uint32_t t) {
    const size_t count = bundle->application->elements[t];
    double *tolerances;
    TRY(memory_new(&tolerances, count, sizeof *tolerances));
    for (size_t i = 0; i < count; i++)
        tolerances[i] = compare_tolerance(bundle->application, t, i);
    const enum status status = write_tensor(folder, bundle, t, "tolerance", tolerances, sizeof *tolerances);
    free(tolerances);
    return status;
}

static enum status write_tensors(const char *folder, const struct bundle *bundle) {
    const struct application *const a = bundle->application;
    for (uint32_t t = 0; t < operator_tensor_count(a->id); t++) {
        if (bundle_tensor(bundle, t) == NULL)
            continue;
        if (!application_writes(a, t)) {
            TRY(write_tensor(folder, bundle, t, "before", a->values[t].f, sizeof(float)));
            continue;
        }
        TRY(write_tensor(folder, bundle, t, "before", a->before[t], sizeof(float)));
        TRY(write_tensor(folder, bundle, t, "expected", a->values[t].f, sizeof(float)));
        TRY(write_tolerances(folder, bundle, t));
    }
    return STATUS_OK;
}

static enum status write_files(const char *folder, const struct bundle *bundle) {
    TRY(write_file(folder, "README.md", text_README, strlen(text_README)));
    TRY(write_file(folder, "reproduce.c", text_reproduce, strlen(text_reproduce)));
    TRY(write_file(folder, "shader.spv", bundle->shader->code, bundle->shader->code_bytes));
    TRY(write_text(folder, "case.h", bundle, bundle_add_header));
    TRY(write_text(folder, "case.json", bundle, bundle_add_json));
    TRY(write_text(folder, "case.amber", bundle, bundle_add_amber));
    return write_tensors(folder, bundle);
}

/* ---- the folder ---- */

static enum status make_folder(const char *folder) {
    if (mkdir(folder, 0777) == 0)
        return STATUS_OK;
    if (errno == EEXIST)
        return status_set(STATUS_USAGE, "%s: is there already; name a new folder", folder);
    return status_set(STATUS_USAGE, "%s: cannot create the folder: %s", folder, strerror(errno));
}

/* Of a folder that make_folder() made. What cannot be removed stays. */
static void remove_folder(const char *folder) {
    struct file_names names;
    if (file_list(&names, folder, "") != STATUS_OK)
        return;
    for (size_t i = 0; i < names.count; i++) {
        char *path;
        if (file_join(&path, folder, names.names[i]) != STATUS_OK)
            continue;
        unlink(path);
        free(path);
    }
    file_names_free(&names);
    rmdir(folder);
}

static enum status write_folder(const char *folder, const struct bundle *bundle) {
    TRY(make_folder(folder));
    const enum status status = write_files(folder, bundle);
    if (status == STATUS_OK)
        return STATUS_OK;
    char message[512]; /* what removing says must not replace it */
    snprintf(message, sizeof message, "%s", status_message());
    remove_folder(folder);
    return status_set(status, "%s", message);
}

/* ---- together ---- */

static enum status write_application(const char *folder, const struct conformance_case *one,
                                     struct application *application, const struct execution *with) {
    struct gpu_dispatch dispatch;
    struct gpu_shader shader;
    const struct run_options options = {
        .device = with->device, .variant = one->variant, .shaders = with->shaders};
    TRY(application_create(application, one, with->seed));
    TRY(run_choose(&dispatch, &shader, application, &options));
    TRY(application_apply_reference(application));
    const struct bundle bundle = {.one = one,
                                  .seed = with->seed,
                                  .device = gpu_device_properties(with->device),
                                  .application = application,
                                  .shader = &shader,
                                  .dispatch = &dispatch};
    return write_folder(folder, &bundle);
}

enum status bundle_write(const char *folder, const struct conformance_case *one,
                         const struct execution *with) {
    if (one->group != NULL)
        return status_set(
            STATUS_USAGE,
            "%s is made of many dispatches and has no bundle: make one of the case of an operator",
            one->name);
    if (one->variant.format != PRECISION_F32)
        return status_set(
            STATUS_USAGE,
            "%s has tensors of 16 bits, which bundles cannot hold: make one of the case without them",
            one->name);
    struct application application;
    const enum status status = write_application(folder, one, &application, with);
    application_destroy(&application);
    return status;
}
