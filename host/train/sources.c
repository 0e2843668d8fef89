#include "train/sources.h"

#include "base/file.h"
#include "base/memory.h"
#include "train/history.h"

#include <stdlib.h>

static enum status take_names(const char ***out, size_t *count, const json_t *array, const char *log) {
    size_t i;
    const json_t *name;
    if (!json_is_array(array))
        return status_set(STATUS_INVALID, "%s does not say which images the run was started with", log);
    TRY(memory_new(out, json_array_size(array), sizeof **out));
    json_array_foreach(array, i, name) {
        if (!json_is_string(name))
            return status_set(STATUS_INVALID, "%s names images that are no text", log);
        (*out)[(*count)++] = json_string_value(name);
    }
    return STATUS_OK;
}

static enum status read_log(struct train_sources *out, const char *log) {
    struct history history;
    TRY(history_read(&history, log));
    out->start = json_incref(history.start);
    history_free(&history);
    TRY(take_names(&out->data, &out->data_count, json_object_get(out->start, "data"), log));
    return take_names(&out->validation, &out->validation_count, json_object_get(out->start, "validation"),
                      log);
}

enum status train_sources_read(struct train_sources *out, const char *folder) {
    char *log;
    *out = (struct train_sources){0};
    TRY(file_join(&log, folder, "log.jsonl"));
    const enum status status = read_log(out, log);
    free(log);
    if (status != STATUS_OK)
        train_sources_free(out);
    return status;
}

void train_sources_free(struct train_sources *sources) {
    free(sources->data);
    free(sources->validation);
    json_decref(sources->start);
    *sources = (struct train_sources){0};
}
